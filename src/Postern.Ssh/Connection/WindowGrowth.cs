using Postern.Ssh.Transport;

namespace Postern.Ssh.Connection;

/// <summary>
/// Lets receive windows grow on lines where they are what holds a peer up: when half a window is taken in less than two
/// round trips, the peer waits for credit that is under way. Belongs to the connection's dispatch lock.
/// </summary>
internal sealed class WindowGrowth(ChannelTable table, ChannelLimits limits, LineMeter line)
{
    /// <summary>
    /// The shortest round trip that windows grow for. A full window of 2 MiB in this time is 400 MB/s, which no line of that
    /// length carries.
    /// </summary>
    internal static readonly TimeSpan ShortestRoundTrip = TimeSpan.FromMilliseconds(5);

    // No line is so long that credit which took longer to come due was held up by it; it also saves asking.
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(4);

    /// <summary>The clock.</summary>
    public TimeProvider Time => line.Time;

    /// <summary>
    /// Called with every credit: what to give on top of it, 0 when the window is as large as it needs to be, or may be.
    /// </summary>
    /// <param name="window">The window that the credit is for.</param>
    /// <param name="isConsumerBehind">Whether data waits for the channel's handler, which then is what holds the peer up.</param>
    public uint Grow(ReceiveWindow window, bool isConsumerBehind)
    {
        var now = line.Time.GetTimestamp();
        var rest = line.Time.GetElapsedTime(window.CreditedAt, now);
        window.CreditedAt = now;
        if (isConsumerBehind || rest > LongestRest || window.Size >= limits.LargestWindow)
        {
            return 0;
        }

        // TCP's ends at a proxy or jump host, where the data's does not.
        var measured = line.ReadRoundTrip();
        var roundTrip = measured > window.RoundTrip ? measured : window.RoundTrip;
        if (roundTrip < ShortestRoundTrip || rest >= 2 * roundTrip)
        {
            return 0;
        }

        var more = table.ReserveMore(Math.Min(window.Size, limits.LargestWindow - window.Size));
        window.Grow(more);
        return (uint)more;
    }
}
