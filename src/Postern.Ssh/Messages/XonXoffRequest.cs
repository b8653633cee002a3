using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>Tail of an xon-xoff request (RFC 4254 section 6.8).</summary>
/// <remarks><code>
/// boolean   client can do
/// </code></remarks>
internal readonly record struct XonXoffRequest(bool CanClientDo) : IMessagePart<XonXoffRequest>
{
    public static XonXoffRequest Read(scoped ref WireReader reader) => new(reader.ReadBoolean());

    public void Write(scoped ref WireWriter writer) => writer.WriteBoolean(CanClientDo);
}
