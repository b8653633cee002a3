namespace Postern.Directory.Factors;

/// <summary>The challenge of a passkey ceremony that was answered: the same answer does not count again.</summary>
public sealed class UsedChallenge
{
    /// <summary>SHA-256 of the ceremony's state, lower-case hex.</summary>
    public required string Hash { get; set; }

    /// <summary>When the ceremony would have ended anyway, so that the row may go.</summary>
    public DateTimeOffset ExpiresAt { get; set; }
}
