using System.Net.Sockets;
using Postern.Ssh.Connection;
using Postern.Ssh.EventLoops;
using Postern.Targets.Interop;

namespace Postern.Targets.Tunnels;

/// <summary>
/// Serves a forwarded connection, each direction closing by itself (RFC 4254 section 7.2). Bytes from the socket go
/// straight into packets, several of which leave together; bytes from the peer go straight into the socket as long as that
/// takes them, and wait in the channel's queue when it does not. All of it happens on the connection's event loop.
/// </summary>
internal sealed class TunnelHandler : IChannelHandler, IThreadPoolWorkItem
{
    private readonly Socket _socket;

    // Never held while the channel is called, which has locks of its own.
    private readonly Lock _gate = new();

    // Set when the channel opens, before anything else is called.
    private Channel _channel = null!;
    private LoopDescriptor? _descriptor;
    private ChannelFeed? _feed;

    // Gate.
    private bool _hasPeerEof;
    private bool _hasSocketEof;

    /// <param name="socket">A connected socket, which the handler owns.</param>
    internal TunnelHandler(Socket socket)
    {
        _socket = socket;
        if (socket.AddressFamily != AddressFamily.Unix)
        {
            _socket.NoDelay = true;
        }

        _socket.Blocking = false;
    }

    /// <inheritdoc/>
    public void OnOpened(Channel channel)
    {
        _channel = channel;
        _descriptor = channel.Loop.Watch(_socket.SafeHandle, Pump, channel.ResumeReceive);
        _feed = new ChannelFeed(channel, _descriptor);
        channel.Loop.Post(this);
    }

    /// <inheritdoc/>
    public int OnData(ReadOnlySpan<byte> data)
    {
        int taken = _descriptor!.WriteWhatFits(data);
        return taken == LoopDescriptor.Broken ? Abandon(data.Length) : taken;
    }

    /// <inheritdoc/>
    public int OnData(ReadOnlySpan<ReadOnlyMemory<byte>> pieces)
    {
        int taken = _descriptor!.WriteWhatFits(pieces);
        return taken == LoopDescriptor.Broken ? Abandon(LoopDescriptor.LengthOf(pieces)) : taken;
    }

    /// <inheritdoc/>
    public void OnEof()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The other end is gone already.
        }

        EndDirection(ref _hasPeerEof);
    }

    /// <inheritdoc/>
    public ValueTask<bool> OnRequestAsync(ChannelRequest request, CancellationToken cancellationToken)
        => ValueTask.FromResult(false);

    /// <inheritdoc/>
    public void OnClosed()
    {
        _descriptor?.Dispose();
        _socket.Dispose();
    }

    /// <summary>On the loop: goes on where it waited for room or for its turn.</summary>
    void IThreadPoolWorkItem.Execute() => Pump();

    // On the loop: moves what the socket has into packets, until it has nothing more or the channel has no room.
    private void Pump()
    {
        for (int moved = 0; moved < ChannelFeed.BytesPerTurn;)
        {
            switch (_feed!.Move(ref moved))
            {
                case FeedResult.NoRoom when _channel.AwaitRoom(this) != ChannelRoom.Now:
                    return;
                case FeedResult.Empty:
                    return;
                case FeedResult.Ended:
                    _channel.SendEof();
                    EndDirection(ref _hasSocketEof);
                    return;
                case FeedResult.Broken:
                    _channel.Close(); // Reset by the service, or closed by us: there is nothing more to say.
                    return;
                default:
                    break;
            }
        }

        _channel.Loop.Yield(this);
    }

    // Nobody is there any more who could take it.
    private int Abandon(int length)
    {
        _channel.Close();
        return length;
    }

    // The channel is over when both sides have ended.
    private void EndDirection(ref bool hasEnded)
    {
        bool isOver;
        lock (_gate)
        {
            hasEnded = true;
            isOver = _hasPeerEof && _hasSocketEof;
        }

        if (isOver)
        {
            _channel.Close();
        }
    }
}
