namespace Postern.Directory.Devices;

/// <summary>
/// A program without a browser that asks a person to let it in from another device (RFC 8628): a command line, or a plain
/// ssh connection at the gateway. Both of its codes are kept as hashes.
/// </summary>
public sealed class DeviceRequest
{
    /// <summary>SHA-256 of the device code, lower-case hex.</summary>
    public required string DeviceCodeHash { get; set; }

    /// <summary>SHA-256 of the user code, lower-case hex.</summary>
    public required string UserCodeHash { get; set; }

    /// <summary>Who asks: an OAuth client id, or <see cref="SshRequester"/>.</summary>
    public required string Requester { get; set; }

    /// <summary>What the person is asked to allow, one sentence.</summary>
    public required string Purpose { get; set; }

    /// <summary>OAuth scope that was asked for; empty for none.</summary>
    public required string Scope { get; set; }

    /// <summary>Authentication methods that the approving sign-in must have, separated by spaces; empty for any.</summary>
    public required string RequiredAmr { get; set; }

    /// <summary>The greatest age in seconds of the approving sign-in, or null.</summary>
    public int? MaxAgeSeconds { get; set; }

    /// <summary>Address that asks, or null when unknown.</summary>
    public string? Address { get; set; }

    /// <summary>The <see cref="Sessions.ClientNetwork"/> of that address; null in requests of before it was kept.</summary>
    public string? Network { get; set; }

    /// <summary>The asking program's own name, or null.</summary>
    public string? UserAgent { get; set; }

    /// <summary>When it was asked.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>When both codes stop working.</summary>
    public DateTimeOffset ExpiresAt { get; set; }

    /// <summary>Seconds between two polls; grows when the program polls faster (RFC 8628 section 3.5).</summary>
    public int IntervalSeconds { get; set; }

    /// <summary>The last poll, or null.</summary>
    public DateTimeOffset? PolledAt { get; set; }

    /// <summary>When a person allowed or denied it, or null.</summary>
    public DateTimeOffset? DecidedAt { get; set; }

    /// <summary>True when it was allowed.</summary>
    public bool IsApproved { get; set; }

    /// <summary>Who decided, or null.</summary>
    public Guid? UserId { get; set; }

    /// <summary>Authentication methods of the sign-in that allowed it, separated by spaces; empty before.</summary>
    public required string Amr { get; set; }

    /// <summary>When that person proved who they are, or null.</summary>
    public DateTimeOffset? AuthTime { get; set; }

    /// <summary>The sign-in at a provider of that person, or null.</summary>
    public Guid? SsoLoginId { get; set; }

    /// <summary>When the approval was taken up, which works once, or null.</summary>
    public DateTimeOffset? UsedAt { get; set; }

    /// <summary>The session made from it, so that a second use can end that session; null until then.</summary>
    public Guid? SessionId { get; set; }

    /// <summary>The requester that stands for plain ssh connections at the gateway; no OAuth client may have this id.</summary>
    public const string SshRequester = "ssh";
}
