namespace Postern.Authority;

/// <summary>What the deployment decides about its certificates.</summary>
public sealed record AuthorityConfig
{
    /// <summary>What stands behind the <c>@</c> in the names of our own extensions: lower-case letters, digits, dots and dashes.</summary>
    public required string ExtensionDomain { get; init; }

    /// <summary>How long a user certificate lasts when its session does; from one minute to one day.</summary>
    public TimeSpan UserCertificateLifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The operator's revocation list (OpenSSH's KRL): what it names gets no user certificate, and nobody does while it cannot be read. Null for none.</summary>
    public string? RevokedKeysFile { get; init; }
}
