namespace Postern.Contracts.Api;

/// <summary>What a list shows of an organization: a value of <c>GET /ref/organizations?in=</c>.</summary>
public sealed record OrganizationReference
{
    /// <summary>The organization id, an upper-case ULID.</summary>
    public string Id { get; set; } = "";

    /// <summary>The kind of organization, such as <c>flexible</c>.</summary>
    public string Type { get; set; } = "";

    /// <summary>The user id of the owner.</summary>
    public string OwnerId { get; set; } = "";

    /// <summary>The short name used in addresses.</summary>
    public string Name { get; set; } = "";

    /// <summary>The name people read.</summary>
    public string Label { get; set; } = "";

    /// <summary>Who runs the deployment.</summary>
    public string Vendor { get; set; } = "";
}
