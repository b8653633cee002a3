using System.Text;
using Postern.Ssh.Connection;

namespace Postern.Ssh.Tests.Fixtures;

/// <summary>
/// A server's channel that sends back what comes, and at the end of it closes. As a session it runs two commands:
/// <c>exit N</c>, and <c>say TEXT</c>, which prints the text on both streams and is killed by TERM.
/// </summary>
internal sealed class EchoChannel : IChannelHandler
{
    private readonly Queue<byte[]> _waiting = new();
    private readonly SemaphoreSlim _arrived = new(0);
    private Channel _channel = null!;
    private int _size;
    private bool _isEof;

    public List<ChannelRequest> Requests { get; } = [];

    /// <summary>What was begun last.</summary>
    public Task Running { get; private set; } = Task.CompletedTask;

    public void OnOpened(Channel channel)
    {
        _channel = channel;
        Running = EchoAsync();
    }

    // At most 100,000 bytes ahead, so that windows and backlog are in play.
    public int OnData(ReadOnlySpan<byte> data)
    {
        lock (_waiting)
        {
            var taken = Math.Min(data.Length, 100_000 - _size);
            if (taken > 0)
            {
                _waiting.Enqueue(data[..taken].ToArray());
                _size += taken;
                _arrived.Release();
            }

            return taken;
        }
    }

    public void OnEof() => End();

    public ValueTask<bool> OnRequestAsync(ChannelRequest request, CancellationToken cancellationToken)
    {
        Requests.Add(request);
        if (request is ChannelRequest.Exec exec)
        {
            var words = Encoding.UTF8.GetString(exec.Command.Span).Split(' ', 2);
            Running = words[0] == "exit" ? ExitAsync(uint.Parse(words[1])) : SayAsync(words[1]);
        }

        return ValueTask.FromResult(request is not ChannelRequest.EnvironmentVariable { Name: "LD_PRELOAD" });
    }

    public void OnClosed() => End();

    private void End()
    {
        _isEof = true;
        _arrived.Release();
    }

    private async Task ExitAsync(uint status)
    {
        await Task.Yield();
        _channel.SendExitStatus(status);
        _channel.SendEof();
        _channel.Close();
    }

    private async Task SayAsync(string text)
    {
        await Task.Yield();
        await SendAsync(Encoding.UTF8.GetBytes(text), isStandardError: false);
        await SendAsync(Encoding.UTF8.GetBytes("error " + text), isStandardError: true);
        _channel.SendExitSignal("TERM", isCoreDumped: true, "killed");
        _channel.SendEof();
        _channel.Close();
    }

    private async Task EchoAsync()
    {
        while (true)
        {
            await _arrived.WaitAsync();
            byte[]? next;
            lock (_waiting)
            {
                if (!_waiting.TryDequeue(out next) && _isEof)
                {
                    break;
                }
            }

            if (next is null || !await SendAsync(next, isStandardError: false))
            {
                continue;
            }

            lock (_waiting)
            {
                _size -= next.Length;
            }

            _channel.ResumeReceive();
        }

        _channel.SendEof();
        _channel.Close();
    }

    private async Task<bool> SendAsync(ReadOnlyMemory<byte> data, bool isStandardError)
    {
        while (!data.IsEmpty)
        {
            var room = _channel.RentData();
            if (room.IsEmpty)
            {
                if (!await _channel.WaitToSendAsync(CancellationToken.None))
                {
                    return false;
                }

                continue;
            }

            var count = Math.Min(room.Length, data.Length);
            data[..count].CopyTo(room);
            if (isStandardError)
            {
                _channel.CommitStandardError(count);
            }
            else
            {
                _channel.CommitData(count);
            }

            data = data[count..];
        }

        return true;
    }
}
