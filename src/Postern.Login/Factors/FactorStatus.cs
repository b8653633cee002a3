using Postern.Directory.Factors;

namespace Postern.Login.Factors;

/// <summary>What an account has beside its password.</summary>
public sealed record FactorStatus
{
    /// <summary>The authenticator app, without its secret; null when there is none.</summary>
    public required AuthenticatorApp? Authenticator { get; init; }

    /// <summary>The passkeys, the oldest first.</summary>
    public required IReadOnlyList<PasskeySummary> Passkeys { get; init; }

    /// <summary>How many recovery codes are left.</summary>
    public required int RecoveryCodesLeft { get; init; }

    /// <summary>Whether there is a second factor; recovery codes alone are none.</summary>
    public bool HasFactor => Authenticator is not null || Passkeys.Count > 0;

    /// <summary>Factors, for "the last one".</summary>
    internal int Count => Passkeys.Count + (Authenticator is null ? 0 : 1);
}
