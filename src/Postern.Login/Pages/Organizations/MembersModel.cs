using Postern.Directory.Organizations;

namespace Postern.Login.Pages.Organizations;

/// <summary>The people of an organization.</summary>
public sealed class MembersModel : OrganizationModel
{
    /// <summary>Everybody who can reach something of it, without machines.</summary>
    public required IReadOnlyList<OrganizationPerson> People { get; init; }

    /// <summary>Invitations that nobody accepted yet; empty for who may not see them.</summary>
    public required IReadOnlyList<Invitation> Invitations { get; init; }

    /// <summary>The time that ages are counted from.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>The address that was typed before.</summary>
    public string Email { get; init; } = "";

    /// <summary>The link of an invitation that no mail carries, or null; shown this once.</summary>
    public string? InvitationLink { get; init; }

    /// <summary>What the person may make of somebody.</summary>
    public IReadOnlyList<OrganizationRole> Roles => Place.Role == OrganizationRole.Owner
        ? [OrganizationRole.Member, OrganizationRole.Admin, OrganizationRole.Owner]
        : [OrganizationRole.Member, OrganizationRole.Admin];

    /// <summary>Whether the person may change anything about somebody.</summary>
    public bool MayManage(OrganizationPerson person) =>
        IsAdministrator && (person.Role != OrganizationRole.Owner || Place.Role == OrganizationRole.Owner);
}
