using Postern.Directory.Organizations;
using Postern.Directory.SingleSignOn;

namespace Postern.Login.Pages.Organizations;

/// <summary>Where the people of an organization sign in.</summary>
public sealed class SsoModel : OrganizationModel
{
    /// <summary>Its providers.</summary>
    public required IReadOnlyList<ListedProvider> Providers { get; init; }

    /// <summary>Its domains.</summary>
    public required IReadOnlyList<SsoDomain> Domains { get; init; }

    /// <summary>Its members with an address of a domain that has a provider.</summary>
    public required IReadOnlyList<OrganizationPerson> Captured { get; init; }

    /// <summary>Its members with an address of no such domain, whom no provider knows.</summary>
    public required int Others { get; init; }

    /// <summary>Name of the provider of a domain, or null.</summary>
    public string? ProviderOf(SsoDomain domain) => Providers.FirstOrDefault(p => p.Provider.Id == domain.ProviderId)?.Provider.Label;
}
