using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Postern.Ssh.EventLoops;

/// <summary>The loops of a process: one for each processor. They live as long as the process.</summary>
public sealed class EventLoopGroup
{
    // A loop that is busier by so much of its time gets nobody new, however many the others have.
    private const double NotableDifference = 0.25;

    private static readonly Lazy<EventLoopGroup> LazyShared = new(() => new EventLoopGroup(Environment.ProcessorCount, NullLogger.Instance));
    private readonly EventLoop[] _loops;
    private volatile ILogger _logger;
    private int _next;

    /// <summary>Starts <paramref name="count"/> loops; what their callbacks do wrong goes to the log.</summary>
    public EventLoopGroup(int count, ILogger logger)
        : this(count, logger, TimeProvider.System)
    {
    }

    internal EventLoopGroup(int count, ILogger logger, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        _logger = logger;
        Time = time;
        Costly = new CostlyWork(count);
        _loops = [.. Enumerable.Range(0, count).Select(number => new EventLoop(number, this))];
    }

    /// <summary>Where it is told what callbacks do wrong. The host sets it for the shared loops, which are older than its log.</summary>
    public ILogger Logger
    {
        get => _logger;
        set => _logger = value;
    }

    /// <summary>Where the connections of the loops have computed what no loop has the time for.</summary>
    internal CostlyWork Costly { get; }

    /// <summary>Loops for whoever makes none, started with the first use.</summary>
    public static EventLoopGroup Shared => LazyShared.Value;

    /// <summary>The clock of <see cref="LowWaterMark"/>s.</summary>
    internal TimeProvider Time { get; }

    /// <summary>
    /// A loop for a new connection: the one with the fewest, or with less to do when that differs notably. They take turns
    /// where that is equal.
    /// </summary>
    public EventLoop Take()
    {
        var first = (int)((uint)Interlocked.Increment(ref _next) % (uint)_loops.Length);
        var best = _loops[first];
        var busy = best.BusyPart;
        for (var i = 1; i < _loops.Length; i++)
        {
            var other = _loops[(first + i) % _loops.Length];
            var otherBusy = other.BusyPart;
            if (otherBusy < busy - NotableDifference
                || (otherBusy < busy + NotableDifference && other.Connections < best.Connections))
            {
                (best, busy) = (other, otherBusy);
            }
        }

        return best;
    }
}
