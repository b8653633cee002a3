namespace Postern.Directory.Certificates;

/// <summary>The record of a user certificate, written before the certificate is handed out.</summary>
public sealed class IssuedCertificate
{
    /// <summary>Serial number: positive, unique, at most 63 bits so that every database can hold it.</summary>
    public long Serial { get; set; }

    /// <summary>Key id in the certificate: the user id.</summary>
    public required string KeyId { get; set; }

    /// <summary>The person.</summary>
    public Guid UserId { get; set; }

    /// <summary>The session it was issued to.</summary>
    public Guid SessionId { get; set; }

    /// <summary>The <c>jti</c> of the access token that asked for it.</summary>
    public required string TokenId { get; set; }

    /// <summary>SHA-256 fingerprint of the certified key.</summary>
    public required string KeyFingerprint { get; set; }

    /// <summary>Principals, separated by commas; never empty.</summary>
    public required string Principals { get; set; }

    /// <summary>Start of validity.</summary>
    public DateTimeOffset ValidAfter { get; set; }

    /// <summary>End of validity.</summary>
    public DateTimeOffset ValidBefore { get; set; }

    /// <summary>Address that asked for it, or null when unknown.</summary>
    public string? SourceAddress { get; set; }

    /// <summary>When it was issued.</summary>
    public DateTimeOffset IssuedAt { get; set; }

    /// <summary>When it was revoked, or null.</summary>
    public DateTimeOffset? RevokedAt { get; set; }
}
