using System.Runtime.InteropServices;

namespace Postern.Ssh.EventLoops;

/// <summary>
/// Has a socket that much comes through wake its reader only when there is enough to be worth it (SO_RCVLOWAT, socket(7)), as
/// network adapters hold back their interrupts. A reader that is faster than its peer would otherwise be woken for every packet,
/// which costs both of them more than what is in it. Whoever waits behind a raised mark is to be called in time by other means
/// (<see cref="EventLoop.Remind"/>). Belongs to the loop's thread.
/// </summary>
internal struct LowWaterMark
{
    /// <summary>What a raised mark lets gather: half of what a connection reads in a turn.</summary>
    private const int Raised = 256 * 1024;

    /// <summary>
    /// How much must have come how fast for the mark to be raised: 400 MB/s, at which the mark is reached in two thirds of the time
    /// for which a reader waits at most. Slower streams are left alone, and what they lose at their end is a tenth of their time.
    /// </summary>
    private const int Span = 4 * 1024 * 1024;

    private static readonly TimeSpan SpanTime = TimeSpan.FromMilliseconds(10);

    private long _spanBegan;
    private int _spanBytes;
    private bool _isImpossible;

    /// <summary>Whether the mark is raised.</summary>
    public bool IsRaised { get; private set; }

    /// <summary>Whether enough came fast enough for the mark to be raised with the next wait.</summary>
    public bool IsDue { get; private set; }

    /// <summary>Counts what was read.</summary>
    public void Note(int count, TimeProvider time)
    {
        if (IsRaised || _isImpossible)
        {
            return;
        }

        if (_spanBytes == 0)
        {
            _spanBegan = time.GetTimestamp();
        }

        _spanBytes += count;
        if (_spanBytes >= Span)
        {
            IsDue = time.GetElapsedTime(_spanBegan) <= SpanTime;
            _spanBytes = 0;
        }
    }

    /// <summary>Raises the mark, unless this is no socket.</summary>
    public void Raise(SafeHandle descriptor)
    {
        IsDue = false;
        IsRaised = Set(descriptor, Raised);
        _isImpossible = !IsRaised;
    }

    /// <summary>Has every byte wake the reader again, also those that came before.</summary>
    public void Lower(SafeHandle descriptor)
    {
        IsRaised = false;
        _ = Set(descriptor, 1);
    }

    private static unsafe bool Set(SafeHandle descriptor, int bytes)
    {
        try
        {
            return LibC.SetSocketOption(descriptor, LibC.SocketLevel, LibC.ReceiveLowWaterMark, &bytes, sizeof(int)) == 0;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }
}
