using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>A global request was refused or is not known (RFC 4254 section 4).</summary>
/// <remarks><code>
/// byte      SSH_MSG_REQUEST_FAILURE (82)
/// </code></remarks>
internal readonly record struct RequestFailure : IMessage<RequestFailure>
{
    public static byte Number => MessageNumber.RequestFailure;

    public static RequestFailure Read(scoped ref WireReader reader) => default;

    public void Write(scoped ref WireWriter writer)
    {
    }
}
