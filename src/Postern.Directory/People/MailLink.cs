namespace Postern.Directory.People;

/// <summary>The secret of a link that was mailed, kept as a hash and used once.</summary>
public sealed class MailLink
{
    /// <summary>SHA-256 of the secret, lower-case hex.</summary>
    public required string TokenHash { get; set; }

    /// <summary>What it is for: <c>invitation</c>, <c>password_reset</c> or <c>email_verification</c>.</summary>
    public required string Purpose { get; set; }

    /// <summary>The account it is for; null for an invitation.</summary>
    public Guid? UserId { get; set; }

    /// <summary>The invitation it opens; null for the other purposes.</summary>
    public Guid? InvitationId { get; set; }

    /// <summary>The address it was sent to, as accounts are looked up by; the link is good only while it is the account's.</summary>
    public required string NormalizedEmail { get; set; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>When it stops working.</summary>
    public DateTimeOffset ExpiresAt { get; set; }
}
