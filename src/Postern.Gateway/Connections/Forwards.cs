using System.Net;
using Postern.Ssh.Connection;
using Postern.Targets;

namespace Postern.Gateway.Connections;

/// <summary>
/// What one connection has the app's loopback ports and sockets listened on for. Each belongs to this connection alone
/// and ends with it. The engine asks for one at a time.
/// </summary>
/// <param name="open">Opens a channel to the person, if the grant still holds.</param>
internal sealed class Forwards(
    Func<ChannelOpenRequest, IChannelHandler, CancellationToken, Task<ChannelOpenResult>> open)
{
    /// <summary>Most forwards of one connection: each costs a descriptor, and nobody's ssh_config has this many.</summary>
    public const int Maximum = 32;

    private readonly Lock _gate = new();

    // Under _gate. By the request that cancels it, with the port that was taken.
    private readonly Dictionary<GlobalRequest, ITargetListener> _listeners = [];
    private bool _isOver;

    /// <summary>Whether there is no room for another.</summary>
    public bool IsFull
    {
        get
        {
            lock (_gate)
            {
                return _listeners.Count >= Maximum;
            }
        }
    }

    /// <summary>Listens. Throws <see cref="TargetException"/> when that cannot be.</summary>
    public async Task<GlobalReply> OpenAsync(ITargetApp app, GlobalRequest request, CancellationToken cancellationToken)
    {
        switch (request)
        {
            case GlobalRequest.TcpIpForward forward:
                var port = forward.Port;
                var listener = await app.ListenAsync(
                    forward.Port,
                    (handler, originator, ending) => open(
                        new ChannelOpenRequest.ForwardedTcpIp(
                            forward.Address, Volatile.Read(ref port), Address(originator), originator?.Port ?? 0),
                        handler,
                        ending),
                    cancellationToken);
                Volatile.Write(ref port, listener.Port);
                var isKept = await KeepAsync(new GlobalRequest.CancelTcpIpForward(forward.Address, listener.Port), listener);
                return isKept switch
                {
                    false => GlobalReply.Failure,
                    true when forward.Port == 0 => GlobalReply.ForPort(listener.Port),
                    _ => GlobalReply.Success,
                };

            case GlobalRequest.StreamLocalForward forward:
                var socket = await app.ListenAsync(
                    forward.SocketPath,
                    (handler, _, ending) => open(
                        new ChannelOpenRequest.ForwardedStreamLocal(forward.SocketPath), handler, ending),
                    cancellationToken);
                return await KeepAsync(new GlobalRequest.CancelStreamLocalForward(forward.SocketPath), socket)
                    ? GlobalReply.Success
                    : GlobalReply.Failure;

            default:
                return GlobalReply.Failure;
        }
    }

    /// <summary>Stops listening; a failure for what this connection did not ask for.</summary>
    public async Task<GlobalReply> CancelAsync(GlobalRequest request)
    {
        ITargetListener? listener;
        lock (_gate)
        {
            _listeners.Remove(request, out listener);
        }

        if (listener is null)
        {
            return GlobalReply.Failure;
        }

        await listener.DisposeAsync();
        return GlobalReply.Success;
    }

    /// <summary>The connection is over: nothing is listened on any more.</summary>
    public async Task EndAsync()
    {
        ITargetListener[] listeners;
        lock (_gate)
        {
            _isOver = true;
            listeners = [.. _listeners.Values];
            _listeners.Clear();
        }

        foreach (var listener in listeners)
        {
            await listener.DisposeAsync();
        }
    }

    private static string Address(IPEndPoint? originator) => originator?.Address.ToString() ?? "";

    private async Task<bool> KeepAsync(GlobalRequest key, ITargetListener listener)
    {
        lock (_gate)
        {
            if (!_isOver && _listeners.TryAdd(key, listener))
            {
                return true;
            }
        }

        await listener.DisposeAsync();
        return false;
    }
}
