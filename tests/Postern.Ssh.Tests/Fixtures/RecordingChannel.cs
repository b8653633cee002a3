using System.Collections.Concurrent;
using System.Text;
using Postern.Ssh.Connection;

namespace Postern.Ssh.Tests.Fixtures;

/// <summary>A channel handler that writes down what happens, in order, and does what a test tells it to.</summary>
internal sealed class RecordingChannel : IChannelHandler
{
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Channel Channel { get; private set; } = null!;

    public ConcurrentQueue<string> Events { get; } = new();

    /// <summary>How many bytes may still be taken; all by default.</summary>
    public int Appetite { get; set; } = int.MaxValue;

    /// <summary>How many pieces of data each call had that had several.</summary>
    public ConcurrentQueue<int> Calls { get; } = new();

    /// <summary>What a call with several pieces says that it took of so many bytes; the truth by default.</summary>
    public Func<int, int> Count { get; set; } = taken => taken;

    public Func<ChannelRequest, ValueTask<bool>> Answer { get; set; } = _ => ValueTask.FromResult(true);

    public Action<Channel> WhenOpened { get; set; } = _ => { };

    public Action<Channel> WhenClosed { get; set; } = _ => { };

    public bool WantsStandardError { get; set; }

    public Task Closed => _closed.Task;

    public void OnOpened(Channel channel)
    {
        Channel = channel;
        WhenOpened(channel);
    }

    public int OnData(ReadOnlySpan<byte> data)
    {
        var taken = Math.Min(Appetite, data.Length);
        Appetite -= Appetite == int.MaxValue ? 0 : taken;
        if (taken > 0)
        {
            Events.Enqueue("data " + (taken < 32 ? Encoding.ASCII.GetString(data[..taken]) : taken.ToString()));
        }

        return taken;
    }

    public int OnData(ReadOnlySpan<ReadOnlyMemory<byte>> pieces)
    {
        Calls.Enqueue(pieces.Length);
        var taken = 0;
        foreach (var piece in pieces)
        {
            var count = OnData(piece.Span);
            taken += count;
            if (count < piece.Length)
            {
                break;
            }
        }

        return Count(taken);
    }

    public int OnStandardError(ReadOnlySpan<byte> data) => OnData(data);

    public void OnEof() => Events.Enqueue("eof");

    public ValueTask<bool> OnRequestAsync(ChannelRequest request, CancellationToken cancellationToken)
    {
        Events.Enqueue(request switch
        {
            ChannelRequest.Exec exec => "exec " + Encoding.UTF8.GetString(exec.Command.Span),
            ChannelRequest.EnvironmentVariable variable => $"env {variable.Name}={variable.Value}",
            _ => request.GetType().Name,
        });
        return Answer(request);
    }

    public void OnClosed()
    {
        Events.Enqueue("closed");
        WhenClosed(Channel);
        _closed.TrySetResult();
    }
}
