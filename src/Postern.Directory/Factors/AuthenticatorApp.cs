namespace Postern.Directory.Factors;

/// <summary>A person's authenticator app: the secret that it makes codes of time from. An account has at most one.</summary>
public sealed class AuthenticatorApp
{
    /// <summary>The account.</summary>
    public Guid UserId { get; set; }

    /// <summary>The secret, encrypted by <see cref="FactorProtection"/>.</summary>
    public required byte[] ProtectedSecret { get; set; }

    /// <summary>When it was set up.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>When a code of it was last accepted; setting it up is the first time.</summary>
    public DateTimeOffset LastUsedAt { get; set; }

    /// <summary>The newest time step whose code was accepted: neither it nor an earlier one counts again (RFC 6238 section 5.2).</summary>
    public long LastStep { get; set; }
}
