using System.Net.Sockets;
using Postern.Ssh.Connection;

namespace Conformance;

/// <summary>A channel that leads to a TCP connection, both ways without copies of its own.</summary>
public sealed class ForwardedSocket(Socket socket) : IChannelHandler
{
    private Channel? _channel;
    private readonly List<Task> _running = [];

    public void OnOpened(Channel channel)
    {
        _channel = channel;
        socket.Blocking = false;
        _running.Add(PumpAsync());
    }

    public int OnData(ReadOnlySpan<byte> data)
    {
        var taken = 0;
        while (taken < data.Length)
        {
            var count = socket.Send(data[taken..], SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock)
            {
                _running.Add(ResumeWhenWritableAsync());
                break;
            }

            if (error != SocketError.Success)
            {
                _channel!.Close();
                return data.Length;
            }

            taken += count;
        }

        return taken;
    }

    public void OnEof() => socket.Shutdown(SocketShutdown.Send);

    public ValueTask<bool> OnRequestAsync(ChannelRequest request, CancellationToken cancellationToken) =>
        ValueTask.FromResult(false);

    public void OnClosed() => socket.Dispose();

    private async Task ResumeWhenWritableAsync()
    {
        await Task.Run(() => socket.Poll(TimeSpan.FromSeconds(10), SelectMode.SelectWrite));
        _channel!.ResumeReceive();
    }

    private async Task PumpAsync()
    {
        try
        {
            while (await _channel!.WaitToSendAsync(CancellationToken.None))
            {
                await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None);
                var buffer = _channel.RentData();
                if (buffer.Length == 0)
                {
                    continue;
                }

                var count = socket.Receive(buffer.Span, SocketFlags.None, out var error);
                _channel.CommitData(error == SocketError.Success ? count : 0);
                if (count == 0 && error != SocketError.WouldBlock)
                {
                    break;
                }
            }

            _channel!.SendEof();
            _channel.Close();
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            _channel!.Close();
        }
    }
}
