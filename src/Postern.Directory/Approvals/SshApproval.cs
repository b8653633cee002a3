namespace Postern.Directory.Approvals;

/// <summary>
/// A second factor that was proved inside plain ssh, remembered so that an editor which opens ten connections asks once: for
/// one registered key, one source and one organization, for a limited time.
/// </summary>
public sealed class SshApproval
{
    /// <summary>Longest source: an IPv6 network in full.</summary>
    public const int MaximumSourceLength = 64;

    /// <summary>Id, in the audit trail and in forms.</summary>
    public Guid Id { get; set; }

    /// <summary>The person.</summary>
    public Guid UserId { get; set; }

    /// <summary>The registered key; without it there is no approval.</summary>
    public int SshKeyId { get; set; }

    /// <summary>The organization whose doors it opens; any other asks for itself.</summary>
    public required string OrganizationId { get; set; }

    /// <summary>Where from: one IPv4 address, or the /64 of an IPv6 address.</summary>
    public required string Source { get; set; }

    /// <summary>When the factor was proved.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>When it ends by itself.</summary>
    public DateTimeOffset ExpiresAt { get; set; }

    /// <summary>When it was taken back, or null.</summary>
    public DateTimeOffset? RevokedAt { get; set; }
}
