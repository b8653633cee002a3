namespace Postern.Contracts.Api;

/// <summary>The body of <c>PATCH /organizations/{id}</c>. What else is in it does not count.</summary>
public sealed record OrganizationChange
{
    /// <summary>The name people read, or null to leave it.</summary>
    public string? Label { get; set; }
}
