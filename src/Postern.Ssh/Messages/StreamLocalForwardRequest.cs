using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>Tail of a streamlocal-forward@openssh.com request or its cancel- form (OpenSSH PROTOCOL section 2.4).</summary>
/// <remarks><code>
/// string    socket path
/// </code></remarks>
internal readonly record struct StreamLocalForwardRequest(string SocketPath) : IMessagePart<StreamLocalForwardRequest>
{
    public static StreamLocalForwardRequest Read(scoped ref WireReader reader) => new(reader.ReadText(WireLimits.Path));

    public void Write(scoped ref WireWriter writer) => writer.WriteText(SocketPath);
}
