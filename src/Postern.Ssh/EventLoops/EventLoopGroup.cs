using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Postern.Ssh.EventLoops;

/// <summary>The loops of a process: one for each processor. They live as long as the process.</summary>
public sealed class EventLoopGroup
{
    private static readonly Lazy<EventLoopGroup> LazyShared = new(() => new EventLoopGroup(Environment.ProcessorCount, NullLogger.Instance));
    private readonly EventLoop[] _loops;
    private volatile ILogger _logger;
    private int _next;

    /// <summary>Starts <paramref name="count"/> loops; what their callbacks do wrong goes to the log.</summary>
    public EventLoopGroup(int count, ILogger logger)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        _logger = logger;
        _loops = [.. Enumerable.Range(0, count).Select(number => new EventLoop(number, this))];
    }

    /// <summary>Where it is told what callbacks do wrong. The host sets it for the shared loops, which are older than its log.</summary>
    public ILogger Logger
    {
        get => _logger;
        set => _logger = value;
    }

    /// <summary>Loops for whoever makes none, started with the first use.</summary>
    public static EventLoopGroup Shared => LazyShared.Value;

    /// <summary>The loop with the fewest descriptors; they take turns where that is equal.</summary>
    public EventLoop Take()
    {
        var first = (int)((uint)Interlocked.Increment(ref _next) % (uint)_loops.Length);
        var best = _loops[first];
        for (var i = 1; i < _loops.Length; i++)
        {
            var other = _loops[(first + i) % _loops.Length];
            if (other.Descriptors < best.Descriptors)
            {
                best = other;
            }
        }

        return best;
    }
}
