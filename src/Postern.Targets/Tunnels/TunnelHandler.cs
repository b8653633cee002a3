using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Postern.Ssh.Connection;
using Postern.Ssh.EventLoops;

namespace Postern.Targets.Tunnels;

/// <summary>
/// Serves a forwarded connection, each direction closing by itself (RFC 4254 section 7.2). Bytes from the socket go
/// straight into packets, several of which leave together; bytes from the peer go straight into the socket as long as that
/// takes them, and wait in the channel's queue when it does not. All of it happens on the connection's event loop.
/// </summary>
internal sealed class TunnelHandler : IChannelHandler, IThreadPoolWorkItem
{
    /// <summary>
    /// Packets that one read fills, and that leave in one call, when the service has so much: 512 KiB. Fewer and larger
    /// calls cost the kernel less, and both of our neighbours, who are woken by each.
    /// </summary>
    private const int MostPackets = 16;

    /// <summary>What is moved before the loop's other descriptors have their turn.</summary>
    private const int BytesPerTurn = 512 * 1024;

    private readonly Socket _socket;

    // Never held while the channel is called, which has locks of its own.
    private readonly Lock _gate = new();

    // Set when the channel opens, before anything else is called.
    private Channel _channel = null!;
    private LoopDescriptor? _descriptor;

    // Loop only: how many packets the next read may fill. It grows while there is more than fits, so that a key press or a
    // database's answer takes one, and bulk data many.
    private int _packets = 1;

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
        channel.Loop.Post(this);
    }

    /// <inheritdoc/>
    public int OnData(ReadOnlySpan<byte> data)
    {
        int taken = 0;
        while (taken < data.Length)
        {
            switch (_descriptor!.Write(data[taken..]))
            {
                case LoopDescriptor.WouldBlock when _descriptor.AwaitWritable():
                    break;
                case LoopDescriptor.WouldBlock:
                    return taken;
                case LoopDescriptor.Broken:
                    _channel.Close();
                    return data.Length;
                case int count:
                    taken += count;
                    break;
            }
        }

        return taken;
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
        for (int moved = 0; moved < BytesPerTurn;)
        {
            if (!Fill(ref moved))
            {
                return;
            }
        }

        _channel.Loop.Post(this);
    }

    // Reads once and sends what came; false when somebody calls again, or nobody needs to.
    private bool Fill(ref int moved)
    {
        PacketBuffers list = default;
        Span<Memory<byte>> packets = list;
        packets = packets[.._channel.RentData(packets[.._packets])];
        if (packets.IsEmpty)
        {
            return _channel.AwaitRoom(this) == ChannelRoom.Now;
        }

        int room = packets[0].Length * (packets.Length - 1) + packets[^1].Length;
        int count = _descriptor!.ReadScattered(packets);
        _channel.CommitData(Math.Max(count, 0));
        moved += Math.Max(count, 0);
        switch (count)
        {
            case 0:
                _channel.SendEof();
                EndDirection(ref _hasSocketEof);
                return false;
            case LoopDescriptor.Broken:
                _channel.Close(); // Reset by the service, or closed by us: there is nothing more to say.
                return false;
            case int when count == room:
                _packets = Math.Min(_packets * 2, MostPackets);
                return true;
            default:
                _packets = 1 + (Math.Max(count, 0) / packets[0].Length);
                return _descriptor.AwaitReadable();
        }
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

    [InlineArray(MostPackets)]
    private struct PacketBuffers
    {
        private Memory<byte> _first;
    }
}
