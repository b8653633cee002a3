using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>A global request was granted (RFC 4254 section 4).</summary>
/// <remarks><code>
/// byte      SSH_MSG_REQUEST_SUCCESS (81)
/// ....      response specific data
/// </code></remarks>
internal readonly record struct RequestSuccess(byte[] Rest) : IMessage<RequestSuccess>
{
    public static byte Number => MessageNumber.RequestSuccess;

    public static RequestSuccess Read(scoped ref WireReader reader) => new(reader.ReadRest().ToArray());

    public void Write(scoped ref WireWriter writer) => writer.WriteBytes(Rest);
}
