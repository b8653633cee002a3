namespace Postern.Directory.Organizations;

/// <summary>An offer to a mail address to join an organization. At most one is open for an address in an organization.</summary>
public sealed class Invitation
{
    /// <summary>Id, as pages and the API show it; it opens nothing.</summary>
    public Guid Id { get; set; }

    /// <summary>The organization.</summary>
    public required string OrganizationId { get; set; }

    /// <summary>The address it was made for, as it was typed.</summary>
    public required string Email { get; set; }

    /// <summary>The same as accounts are looked up by.</summary>
    public required string NormalizedEmail { get; set; }

    /// <summary>What the person will be in the organization.</summary>
    public OrganizationRole Role { get; set; }

    /// <summary>The account that invited; no reference, for the record outlives it.</summary>
    public Guid InvitedBy { get; set; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>When it was last sent or its link shown.</summary>
    public DateTimeOffset SentAt { get; set; }

    /// <summary>When it stops being good.</summary>
    public DateTimeOffset ExpiresAt { get; set; }

    /// <summary>When it was accepted, or null.</summary>
    public DateTimeOffset? AcceptedAt { get; set; }

    /// <summary>The account that accepted it, or null.</summary>
    public Guid? AcceptedBy { get; set; }

    /// <summary>When it was withdrawn, or null.</summary>
    public DateTimeOffset? RevokedAt { get; set; }

    /// <summary>
    /// True when the link was shown to the one who invited: then having it proves nothing about the mailbox.
    /// </summary>
    public bool IsLinkShown { get; set; }

    /// <summary>True while it can be accepted.</summary>
    public bool IsOpen(DateTimeOffset now) => AcceptedAt is null && RevokedAt is null && now < ExpiresAt;
}
