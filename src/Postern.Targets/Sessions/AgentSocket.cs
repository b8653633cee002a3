using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Postern.Targets.Sandboxes;
using Postern.Targets.Tunnels;

namespace Postern.Targets.Sessions;

/// <summary>
/// The Unix socket of a session through which programs reach the person's key agent (SSH_AUTH_SOCK): mode 0600 in a
/// folder of mode 0700, both of the app's user and gone with the session. Every connection is a channel of its own.
/// </summary>
internal sealed class AgentSocket : IAsyncDisposable
{
    private const string Parent = "/tmp";
    private const string Name = "agent";
    private const int RandomBytes = 8;

    private readonly ForwardListener _listener;

    private AgentSocket(string path, ForwardListener listener)
    {
        Path = path;
        _listener = listener;
    }

    /// <summary>The path inside the sandbox.</summary>
    internal string Path { get; }

    /// <summary>Makes one.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    internal static AgentSocket Open(Sandbox sandbox, ForwardedChannelOpener open, TimeProvider time, ILogger logger)
    {
        string folder = "ssh-" + RandomNumberGenerator.GetHexString(2 * RandomBytes, lowercase: true);
        SandboxSocket socket = SandboxSocket.ListenInOwnFolder(sandbox, Parent, folder, Name);
        string path = $"{Parent}/{folder}/{Name}";
        return new AgentSocket(
            path, new ForwardListener(socket.Socket, $"{path} of {sandbox.Name}", _ => true, open, socket, time, logger));
    }

    /// <summary>Removes it; connections that were made before go on.</summary>
    public ValueTask DisposeAsync() => _listener.DisposeAsync();
}
