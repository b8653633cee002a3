using Postern.Directory.Organizations;

namespace Postern.Login.Pages.Organizations;

/// <summary>The machine users of an organization.</summary>
public sealed class MachinesModel : OrganizationModel
{
    /// <summary>The machines.</summary>
    public required IReadOnlyList<OrganizationPerson> Machines { get; init; }

    /// <summary>The name that was typed before.</summary>
    public string Name { get; init; } = "";
}
