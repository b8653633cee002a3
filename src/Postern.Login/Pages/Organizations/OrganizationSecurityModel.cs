using Postern.Directory.Organizations;
using Postern.Directory.SingleSignOn;

namespace Postern.Login.Pages.Organizations;

/// <summary>Who of an organization has a second factor, and whether it asks for one.</summary>
public sealed class OrganizationSecurityModel : OrganizationModel
{
    /// <summary>Everybody who can reach something of it, without machines and disabled accounts.</summary>
    public required IReadOnlyList<OrganizationPerson> People { get; init; }

    /// <summary>Whether this sign-in had a second factor.</summary>
    public required bool HasMfa { get; init; }

    /// <summary>Whether reminders go out.</summary>
    public required bool CanRemind { get; init; }

    /// <summary>Its providers.</summary>
    public required IReadOnlyList<ListedProvider> Providers { get; init; }

    /// <summary>Who has none.</summary>
    public IReadOnlyList<OrganizationPerson> Without => [.. People.Where(person => !person.HasMfa)];

    /// <summary>Who has one.</summary>
    public IReadOnlyList<OrganizationPerson> With => [.. People.Where(person => person.HasMfa)];
}
