using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Postern.Gateway.Authentication;
using Postern.Gateway.Connections;
using Postern.Gateway.Listening.ProxyProtocol;
using Postern.Ssh.EventLoops;
using Postern.Ssh.Server;
using Postern.Ssh.Transport;
using Postern.Ssh.Wire;

namespace Postern.Gateway.Listening;

/// <summary>Accepts TCP connections within the limits and runs an SSH connection on each.</summary>
public sealed class SshListener(
    GatewayConfig config,
    HostIdentity identity,
    Admission admission,
    MemoryBudget memory,
    EngineMetrics metrics,
    GatewayAuthenticator authenticator,
    LiveConnections live,
    TimeProvider time,
    ILoggerFactory loggers) : IHostedService, IAsyncDisposable
{
    // Long enough for a burst of a whole company's editors; the kernel caps it (somaxconn).
    private const int Backlog = 4096;

    private readonly ILogger _logger = loggers.CreateLogger<SshListener>();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Socket> _sockets = [];
    private readonly List<LoopListener> _listeners = [];
    private readonly ConcurrentDictionary<Task, bool> _connections = new();
    private readonly TransportLimits _transport = new() { Memory = memory };
    private volatile KeyedServer? _server;

    /// <summary>
    /// Binds all addresses and starts to accept. Throws <see cref="ListenException"/> when an address cannot be had;
    /// nothing listens then.
    /// </summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        EventLoopGroup.Shared.Logger = loggers.CreateLogger<EventLoopGroup>();
        foreach (var endPoint in config.Listen)
        {
            _sockets.Add(Bind(endPoint));
        }

        foreach (var socket in _sockets)
        {
            _logger.Listening(socket.LocalEndPoint!);
            _listeners.Add(new LoopListener(EventLoopGroup.Shared.Take(), socket, Admit, _logger.AcceptFailed, time));
        }

        return Task.CompletedTask;
    }

    /// <summary>Stops accepting, tells everybody that is connected, and waits a moment for them to go.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        // Who was accepted a moment ago is then among those that are waited for.
        await StopListeningAsync();
        foreach (var connection in live.All)
        {
            connection.Stop();
        }

        using var grace = new CancellationTokenSource(config.ShutdownGrace, time);
        try
        {
            await Task.WhenAll(_connections.Keys).WaitAsync(grace.Token);
        }
        catch (OperationCanceledException)
        {
            // Who does not leave is cut off below.
        }

        await _stop.CancelAsync();
        await Task.WhenAll(_connections.Keys);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopListeningAsync();
        await _stop.CancelAsync();
        await Task.WhenAll(_connections.Keys);
        _stop.Dispose();
    }

    private Socket Bind(IPEndPoint endPoint)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endPoint.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = false;
            }

            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(endPoint);
            socket.Listen(Backlog);
            return socket;
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            foreach (var bound in _sockets)
            {
                bound.Dispose();
            }

            throw new ListenException(endPoint, exception);
        }
    }

    private async Task StopListeningAsync()
    {
        foreach (var listener in _listeners)
        {
            await listener.DisposeAsync();
        }
    }

    // On the loop of the listener.
    private void Admit(Socket socket)
    {
        if (TryGetRemoteEndPoint(socket) is not { } peer || !admission.TryOpen(peer.Address))
        {
            socket.Dispose();
            return;
        }

        var isProxied = config.ProxyTrusted.Any(network => network.Contains(peer.Address));
        var client = isProxied ? null : admission.TryAdmit(peer.Address);
        if (client is null && !isProxied)
        {
            socket.Dispose();
            admission.Close();
            return;
        }

        var connection = ServeAsync(socket, peer, client);
        _connections.TryAdd(connection, true);
        _ = connection.ContinueWith(
            (ended, self) => ((SshListener)self!)._connections.TryRemove(ended, out _),
            this,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    // A peer that is gone already has no address any more.
    private static IPEndPoint? TryGetRemoteEndPoint(Socket socket)
    {
        try
        {
            return socket.RemoteEndPoint is IPEndPoint peer ? new IPEndPoint(ClientSource.Normalize(peer.Address), peer.Port) : null;
        }
        catch (SocketException)
        {
            return null;
        }
    }

    // One for each set of host certificates: connections under way keep the one that they began with.
    private SshServer ServerOf(IReadOnlyList<HostKey> hostKeys)
    {
        var server = _server;
        if (server is null || server.Keys != hostKeys)
        {
            var ssh = new ServerConfig
            {
                HostKeys = hostKeys,
                Algorithms = config.Algorithms,
                Transport = _transport,
                Authentication = config.Authentication,
                KeepAlive = config.KeepAlive,
                TimeProvider = time,
                Metrics = metrics,
            };
            server = new KeyedServer(hostKeys, new SshServer(ssh, authenticator, loggers.CreateLogger<SshServer>()));
            _server = server;
        }

        return server.Server;
    }

    /// <summary>Serves a connection to its end. The client is null when the peer is a proxy that has yet to name it.</summary>
    private async Task ServeAsync(Socket socket, IPEndPoint peer, AdmittedClient? client)
    {
        try
        {
            var endPoint = client is null ? await ReadProxyHeaderAsync(socket, peer) : peer;
            if (endPoint is not null && (client ?? admission.TryAdmit(endPoint.Address)) is { } admitted)
            {
                await ServeClientAsync(socket, endPoint, admitted);
            }
        }
        catch (Exception exception)
        {
            _logger.ConnectionFailed(peer, exception);
        }
        finally
        {
            socket.Dispose();
            admission.Close();
        }
    }

    private async Task ServeClientAsync(Socket socket, IPEndPoint endPoint, AdmittedClient client)
    {
        ConnectionSummary? summary = null;
        try
        {
            summary = await ServerOf(identity.Current).RunAsync(socket, endPoint, client.EndStartup, _stop.Token);
        }
        finally
        {
            client.Leave(summary);
        }
    }

    /// <summary>The client that a trusted proxy speaks for, or null when the connection is over.</summary>
    private async Task<IPEndPoint?> ReadProxyHeaderAsync(Socket socket, IPEndPoint proxy)
    {
        try
        {
            // Port 0 says that the address is not the client's own (ConnectionInfo.RemoteEndPoint).
            return await ProxyHeaderReader.ReadAsync(socket, time, _stop.Token) is { } header ? header.Client ?? new IPEndPoint(proxy.Address, 0) : null;
        }
        catch (Exception exception) when (exception is WireFormatException or TimeoutException)
        {
            admission.RefuseProxy(proxy.Address, exception.Message);
            return null;
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            // The proxy left, or we stop.
            return null;
        }
    }

    private sealed record KeyedServer(IReadOnlyList<HostKey> Keys, SshServer Server);
}
