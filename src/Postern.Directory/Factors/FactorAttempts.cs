namespace Postern.Directory.Factors;

/// <summary>
/// How many codes were tried for an account since the last right one, whatever their kind: in one browser that the person
/// signed in with before, or everywhere else together.
/// </summary>
public sealed class FactorAttempts
{
    /// <summary>The account.</summary>
    public Guid UserId { get; set; }

    /// <summary>The browser, as a hash of at most <see cref="FactorLimits.Browser"/> characters; empty for everywhere else.</summary>
    public string Browser { get; set; } = "";

    /// <summary>Codes that were tried since the last right one.</summary>
    public int Failed { get; set; }

    /// <summary>Until when no code is looked at, or null.</summary>
    public DateTimeOffset? LockedUntil { get; set; }
}
