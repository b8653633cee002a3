namespace Postern.Directory.Factors;

/// <summary>A code that stands in for a lost device, good once and kept as a keyed hash.</summary>
public sealed class RecoveryCode
{
    /// <summary>Keyed hash of the account and the code (<see cref="FactorProtection.HashRecoveryCode"/>), lower-case hex.</summary>
    public required string CodeHash { get; set; }

    /// <summary>The account.</summary>
    public Guid UserId { get; set; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>When it was used, or null.</summary>
    public DateTimeOffset? UsedAt { get; set; }
}
