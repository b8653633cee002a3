using System.Buffers.Binary;
using Postern.Ssh.Transport;

namespace Postern.Gateway.Listening;

/// <summary>
/// Counts the connections that have not authenticated yet, in all and by source, and says which new ones may join them.
/// Safe to use from any thread; every step takes the same time, whatever the counts.
/// </summary>
internal sealed class StartupLimiter(StartupRange range, int maximumPerSource, IRandomSource randomness)
{
    private readonly KeyedCounts<ClientSource> _bySource = new(maximumPerSource);
    private int _count;

    /// <summary>How many there are.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>How many sources they have.</summary>
    public int Sources => _bySource.Keys;

    /// <summary>Counts a new one in, or says which limit keeps it out.</summary>
    public AdmissionLimit? TryBegin(ClientSource source)
    {
        if (!_bySource.TryAdd(source))
        {
            return AdmissionLimit.StartupsPerAddress;
        }

        if (IsDropped(Interlocked.Increment(ref _count) - 1))
        {
            End(source);
            return AdmissionLimit.Startups;
        }

        return null;
    }

    /// <summary>Counts one out: it has authenticated, or is gone. Once for each that was counted in.</summary>
    public void End(ClientSource source)
    {
        Interlocked.Decrement(ref _count);
        _bySource.Remove(source);
    }

    private bool IsDropped(int others)
    {
        var percent = range.DropPercent(others);
        if (percent is 0 or 100)
        {
            return percent == 100;
        }

        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        randomness.Fill(bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes) % 100 < percent;
    }
}
