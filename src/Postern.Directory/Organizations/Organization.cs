namespace Postern.Directory.Organizations;

/// <summary>Owns projects and says what proof its people must give.</summary>
public sealed class Organization
{
    /// <summary>ULID, upper-case.</summary>
    public required string Id { get; set; }

    /// <summary>Unique machine-readable name: lower-case letters, digits and hyphens.</summary>
    public required string Name { get; set; }

    /// <summary>Name for people.</summary>
    public required string Label { get; set; }

    /// <summary>Kind of organization, <c>fixed</c> unless the operator says otherwise.</summary>
    public string Type { get; set; } = "fixed";

    /// <summary>The account that owns it.</summary>
    public Guid OwnerId { get; set; }

    /// <summary>True when SSH, Git and the API need a sign-in with a second factor.</summary>
    public bool RequiresMfa { get; set; }

    /// <summary>True when certificates carry the address they were issued to and work from nowhere else.</summary>
    public bool PinsSourceAddress { get; set; }

    /// <summary>True when all its projects are closed.</summary>
    public bool IsSuspended { get; set; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>When it last changed.</summary>
    public DateTimeOffset UpdatedAt { get; set; }
}
