using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Postern.Targets.Tunnels;

/// <summary>Accepts what the app connects to, and has a channel opened for each.</summary>
internal sealed class ForwardListener : ITargetListener
{
    /// <summary>After a failure to accept, such as no free descriptor: long enough for some to be closed.</summary>
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(200);

    private readonly Socket _socket;
    private readonly string _name;
    private readonly Func<Socket, bool> _isWelcome;
    private readonly ForwardedChannelOpener _open;
    private readonly IDisposable _owner;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _accepting;
    private int _isDisposed;

    /// <param name="socket">Listens already.</param>
    /// <param name="name">For logs.</param>
    /// <param name="isWelcome">Whether a connection may come in.</param>
    /// <param name="open">Opens the channels.</param>
    /// <param name="owner">What is disposed at the end: the socket, or what it belongs to.</param>
    /// <param name="time">For waits.</param>
    /// <param name="logger">For failures.</param>
    internal ForwardListener(
        Socket socket,
        string name,
        Func<Socket, bool> isWelcome,
        ForwardedChannelOpener open,
        IDisposable owner,
        TimeProvider time,
        ILogger logger)
    {
        _socket = socket;
        _name = name;
        _isWelcome = isWelcome;
        _open = open;
        _owner = owner;
        _time = time;
        _logger = logger;
        Port = (socket.LocalEndPoint as IPEndPoint)?.Port ?? 0;
        _accepting = AcceptAsync();
    }

    /// <inheritdoc/>
    public int Port { get; }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 1)
        {
            return;
        }

        await _ending.CancelAsync();
        await _accepting;
        _owner.Dispose();
        _ending.Dispose();
    }

    private async Task AcceptAsync()
    {
        CancellationToken ending = _ending.Token;
        while (!ending.IsCancellationRequested)
        {
            try
            {
                Socket accepted = await _socket.AcceptAsync(ending);
                if (_isWelcome(accepted))
                {
                    _ = ForwardAsync(new TunnelHandler(accepted), accepted.RemoteEndPoint as IPEndPoint, ending);
                }
                else
                {
                    _logger.StrangerRefused(_name);
                    accepted.Dispose();
                }
            }
            catch (OperationCanceledException) when (ending.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (exception is SocketException or IOException)
            {
                _logger.ForwardAcceptFailed(exception, _name);
                await Task.Delay(RetryDelay, _time, ending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    // The handler owns the socket and closes it when the channel does not open.
    private async Task ForwardAsync(TunnelHandler handler, IPEndPoint? originator, CancellationToken ending)
    {
        try
        {
            await _open(handler, originator, ending);
        }
        catch (OperationCanceledException)
        {
            // The listener ended while the channel was being opened.
        }
        catch (Exception exception)
        {
            handler.OnClosed();
            _logger.ForwardFailed(exception, _name);
        }
    }
}
