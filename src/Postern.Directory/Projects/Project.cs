namespace Postern.Directory.Projects;

/// <summary>One application of an organization, with its environments.</summary>
public sealed class Project
{
    /// <summary>Lower-case letters and digits, at least <see cref="ProjectId.MinimumLength"/> of them.</summary>
    public required string Id { get; set; }

    /// <summary>Name for people.</summary>
    public required string Title { get; set; }

    /// <summary>The organization it belongs to.</summary>
    public required string OrganizationId { get; set; }

    /// <summary>The region it runs in, as in the host names of its gateway.</summary>
    public required string Region { get; set; }

    /// <summary>56 random characters for the life of the project; apps derive secrets from it.</summary>
    public required string Entropy { get; set; }

    /// <summary>Branch of the production environment.</summary>
    public required string DefaultBranch { get; set; }

    /// <summary>True when nobody may enter until it is released.</summary>
    public bool IsSuspended { get; set; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>When it last changed.</summary>
    public DateTimeOffset UpdatedAt { get; set; }
}
