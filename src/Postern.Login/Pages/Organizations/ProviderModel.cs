using Postern.Directory.SingleSignOn;
using Postern.Login.SingleSignOn;

namespace Postern.Login.Pages.Organizations;

/// <summary>A provider that is being added or changed.</summary>
public sealed class ProviderModel : OrganizationModel
{
    /// <summary>What was typed, or what it is; never the secret.</summary>
    public required ProviderInput Input { get; init; }

    /// <summary>Whether it is being added.</summary>
    public required bool IsNew { get; init; }

    /// <summary>Whether people have to use it, so that where it leads stays.</summary>
    public bool IsEnforced { get; init; }

    /// <summary>The domains that it may have.</summary>
    public required IReadOnlyList<SsoDomain> Domains { get; init; }

    /// <summary>The address that has to be registered at the provider.</summary>
    public required string RedirectUri { get; init; }

    /// <summary>What is wrong, each a sentence.</summary>
    public IReadOnlyList<string> Faults { get; init; } = [];
}
