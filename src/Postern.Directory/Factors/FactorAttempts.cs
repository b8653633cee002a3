namespace Postern.Directory.Factors;

/// <summary>How many codes were tried for an account since the last right one, whatever their kind and wherever they were typed.</summary>
public sealed class FactorAttempts
{
    /// <summary>The account.</summary>
    public Guid UserId { get; set; }

    /// <summary>Codes that were tried since the last right one.</summary>
    public int Failed { get; set; }

    /// <summary>Until when no code is looked at, or null.</summary>
    public DateTimeOffset? LockedUntil { get; set; }
}
