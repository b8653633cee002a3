namespace Postern.Directory.Devices;

/// <summary>The numbers of the device flow, each with its reason.</summary>
public static class DeviceLimits
{
    /// <summary>Characters of a user code: with 20 letters there are 2.5e10 codes (RFC 8628 section 6.1).</summary>
    public const int UserCodeLength = 8;

    /// <summary>Characters that somebody may type for a user code, with blanks and dashes wherever they like.</summary>
    public const int TypedUserCode = 32;

    /// <summary>Seconds between polls at first (RFC 8628 section 3.2).</summary>
    public const int IntervalSeconds = 5;

    /// <summary>Seconds that each poll which came too soon adds (RFC 8628 section 3.5).</summary>
    public const int SlowDownSeconds = 5;

    /// <summary>Seconds that the interval grows to at most: a client must still hear of the approval while the codes hold.</summary>
    public const int LongestIntervalSeconds = 60;

    /// <summary>Characters of what the person is asked to allow: one sentence that fits a page at 360 pixels.</summary>
    public const int Purpose = 255;

    /// <summary>
    /// Requests of all programs but ssh that wait at once. With <see cref="WaitingSsh"/> it keeps the chance of a guessed user
    /// code below one in two million and the table small whoever asks. When as many wait, whichever network has most of them
    /// gives one up.
    /// </summary>
    public const int Waiting = 10_000;

    /// <summary>The same for plain ssh connections, which have a part of their own so that neither side fills the other's; gateways bound them further.</summary>
    public const int WaitingSsh = 1_000;

    /// <summary>What a poll may come too early by: packets do not travel at even speed.</summary>
    public static readonly TimeSpan PollTolerance = TimeSpan.FromMilliseconds(500);
}
