namespace Postern.Directory.SingleSignOn;

/// <summary>Who a person is at a provider: the pair of issuer and subject, which never changes as an address may.</summary>
public sealed class SsoIdentity
{
    /// <summary>The provider.</summary>
    public Guid ProviderId { get; set; }

    /// <summary>The issuer that said it.</summary>
    public required string Issuer { get; set; }

    /// <summary>The person's id there (OpenID Connect Core section 2, at most 255 characters).</summary>
    public required string Subject { get; set; }

    /// <summary>The account here. It is nobody else's at this issuer.</summary>
    public Guid UserId { get; set; }

    /// <summary>When they first came from there.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>When they last did.</summary>
    public DateTimeOffset LastUsedAt { get; set; }

    /// <summary>Characters of a subject.</summary>
    public const int MaximumSubjectLength = 255;

    /// <summary>Characters of an issuer: an address that people type.</summary>
    public const int MaximumIssuerLength = 255;
}
