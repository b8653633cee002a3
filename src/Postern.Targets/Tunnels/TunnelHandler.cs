using System.Buffers;
using System.Net.Sockets;
using Postern.Ssh.Connection;
using Postern.Targets.Interop;

namespace Postern.Targets.Tunnels;

/// <summary>
/// Serves a forwarded TCP connection, each direction closing by itself (RFC 4254 section 7.2). Bytes from the socket go
/// straight into the packet; bytes from the peer straight into the socket as long as that takes them.
/// </summary>
internal sealed class TunnelHandler : IChannelHandler
{
    /// <summary>
    /// What is copied aside when the socket is full: sockets cannot be waited on for room without something to send.
    /// </summary>
    private const int OverflowSize = 64 * 1024;

    private readonly Socket _socket;

    // Never held while the channel is called, which has locks of its own.
    private readonly Lock _gate = new();
    private Channel? _channel;

    // Gate.
    private bool _isSending;
    private bool _hasPeerEof;
    private bool _hasSocketEof;
    private bool _isClosed;

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
        _ = PumpAsync(channel);
    }

    /// <inheritdoc/>
    public int OnData(ReadOnlySpan<byte> data)
    {
        bool isBroken = false;
        int taken;
        lock (_gate)
        {
            taken = _isSending ? 0 : _isClosed ? data.Length : SendNow(data, ref isBroken);
        }

        CloseIf(isBroken);
        return taken;
    }

    /// <inheritdoc/>
    public void OnEof()
    {
        bool hasEnded;
        lock (_gate)
        {
            _hasPeerEof = true;
            hasEnded = FinishSending();
        }

        CloseIf(hasEnded);
    }

    /// <inheritdoc/>
    public ValueTask<bool> OnRequestAsync(ChannelRequest request, CancellationToken cancellationToken)
        => ValueTask.FromResult(false);

    /// <inheritdoc/>
    public void OnClosed()
    {
        lock (_gate)
        {
            _isClosed = true;
            _socket.Dispose();
        }
    }

    // The system's own call: the runtime's tries again by itself and does not tell how much went before it would wait.
    private int SendNow(ReadOnlySpan<byte> data, ref bool isBroken)
    {
        int taken = 0;
        while (taken < data.Length)
        {
            switch (Descriptors.Write(_socket.SafeHandle, data[taken..]))
            {
                case null:
                    isBroken = true;
                    return data.Length;
                case 0:
                    return taken + SendLater(data[taken..]);
                case { } count:
                    taken += count;
                    break;
            }
        }

        return taken;
    }

    private int SendLater(ReadOnlySpan<byte> data)
    {
        int count = Math.Min(data.Length, OverflowSize);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(count);
        data[..count].CopyTo(buffer);
        _isSending = true;
        _ = SendAsync(buffer, count);
        return count;
    }

    private async Task SendAsync(byte[] buffer, int count)
    {
        bool isBroken = false;
        try
        {
            Memory<byte> rest = buffer.AsMemory(0, count);
            while (!rest.IsEmpty)
            {
                rest = rest[await _socket.SendAsync(rest, SocketFlags.None, CancellationToken.None)..];
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            isBroken = true;
        }

        ArrayPool<byte>.Shared.Return(buffer);
        bool hasEnded;
        lock (_gate)
        {
            _isSending = false;
            hasEnded = FinishSending();
        }

        CloseIf(isBroken || hasEnded);
        _channel!.ResumeReceive();
    }

    // Gate held. The socket's end of sending is the peer's EOF; the channel is over when both sides have ended.
    private bool FinishSending()
    {
        if (!_hasPeerEof || _isSending || _isClosed)
        {
            return false;
        }

        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The other end is gone already.
        }

        return _hasSocketEof;
    }

    private void CloseIf(bool isOver)
    {
        if (isOver)
        {
            _channel!.Close();
        }
    }

    private async Task PumpAsync(Channel channel)
    {
        try
        {
            await CopyToChannelAsync(channel);
            channel.SendEof();
            bool hasEnded;
            lock (_gate)
            {
                _hasSocketEof = true;
                hasEnded = FinishSending();
            }

            CloseIf(hasEnded);
        }
        catch (Exception)
        {
            channel.Close(); // Reset by the service, or closed by us: there is nothing more to say.
        }
    }

    private async Task CopyToChannelAsync(Channel channel)
    {
        while (await channel.WaitToSendAsync(CancellationToken.None))
        {
            Memory<byte> packet = channel.RentData();
            if (packet.IsEmpty)
            {
                continue;
            }

            int count = _socket.Receive(packet.Span, SocketFlags.None, out SocketError error);
            channel.CommitData(error == SocketError.Success ? count : 0);
            switch (error)
            {
                case SocketError.Success when count == 0:
                    return;
                case SocketError.Success:
                    if (count < packet.Length)
                    {
                        await _socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, CancellationToken.None);
                    }

                    break;
                case SocketError.WouldBlock:
                    await _socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, CancellationToken.None);
                    break;
                default:
                    throw new SocketException((int)error);
            }
        }
    }
}
