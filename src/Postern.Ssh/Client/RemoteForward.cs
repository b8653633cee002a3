using Postern.Ssh.Connection;

namespace Postern.Ssh.Client;

/// <summary>Something that the server listens on for us; disposing has it stop.</summary>
public sealed class RemoteForward : IAsyncDisposable
{
    private readonly SshClientConnection _connection;
    private readonly RemoteForwards _forwards;
    private readonly RemoteForwards.Entry _entry;

    internal RemoteForward(SshClientConnection connection, RemoteForwards forwards, RemoteForwards.Entry entry)
    {
        _connection = connection;
        _forwards = forwards;
        _entry = entry;
    }

    /// <summary>The port that the server listens on.</summary>
    public int Port => _entry.Port;

    /// <summary>Has the server stop listening; connections that were made go on.</summary>
    public async ValueTask DisposeAsync()
    {
        _forwards.Remove(_entry);
        await _connection.RequestAsync(new GlobalRequest.CancelTcpIpForward(_entry.Address, Port), CancellationToken.None);
    }
}
