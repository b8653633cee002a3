using Postern.Directory.Organizations;

namespace Postern.Login.Pages.Organizations;

/// <summary>What every page of an organization shows.</summary>
public abstract class OrganizationModel : PageModel
{
    /// <summary>The organization, and what the person is there.</summary>
    public required OrganizationPlace Place { get; init; }

    /// <summary>The person who is signed in.</summary>
    public required Guid UserId { get; init; }

    /// <summary>What was just done, or null.</summary>
    public string? Notice { get; init; }

    /// <summary>Why it was not done, or null.</summary>
    public string? Error { get; init; }

    /// <summary>Whether the person looks after the organization.</summary>
    public bool IsAdministrator => OrganizationRules.IsAdministrator(Place.Role);
}
