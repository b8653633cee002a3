namespace Postern.Directory.Factors;

/// <summary>How often codes of second factors may be tried. They hold for each account, over all servers and all doors.</summary>
public static class FactorLimits
{
    /// <summary>
    /// Codes that may be tried in a row before the account's codes are locked. Three codes of a million are right at any
    /// time, so five tries are a chance of 1 in 66,000.
    /// </summary>
    public const int TriesBeforeLock = 5;

    /// <summary>Characters of the name of a browser that has a count of its own: a SHA-256 in hex.</summary>
    public const int Browser = 64;

    /// <summary>How long the first lock lasts; each further one lasts twice as long as the one before.</summary>
    public static readonly TimeSpan ShortestLock = TimeSpan.FromMinutes(15);

    /// <summary>The longest lock: five tries a day are five and a half years for 10,000, and the owner is never shut out for longer.</summary>
    public static readonly TimeSpan LongestLock = TimeSpan.FromDays(1);

    /// <summary>How long the lock after this many tries in a row lasts; null when they lead to none.</summary>
    internal static TimeSpan? LockAfter(int tries)
    {
        if (tries % TriesBeforeLock != 0)
        {
            return null;
        }

        // More doublings would be past the longest lock, and past what a TimeSpan holds.
        var doublings = Math.Min((tries / TriesBeforeLock) - 1, 16);
        var length = ShortestLock * Math.Pow(2, doublings);
        return length < LongestLock ? length : LongestLock;
    }
}
