using Microsoft.EntityFrameworkCore;
using Postern.Directory.Storage;

namespace Postern.Directory.Organizations;

/// <summary>An invitation is worth what its sender may do now, and not what they might when they sent it.</summary>
public static class InvitationRule
{
    /// <summary>
    /// Whether whoever sent an invitation might send it still. What is decided by it is decided in the organization's turn
    /// (<see cref="OrganizationTurn"/>).
    /// </summary>
    public static async Task<bool> HoldsAsync(DirectoryContext context, Invitation invitation, CancellationToken cancellationToken)
    {
        if (!await context.Users.AnyAsync(u => u.Id == invitation.InvitedBy && !u.IsDisabled, cancellationToken))
        {
            return false;
        }

        var place = await OrganizationReader.FindPlaceAsync(context, invitation.InvitedBy, invitation.OrganizationId, cancellationToken);
        return OrganizationRules.DecideInvitation(place?.Role, invitation.Role) == MembershipVerdict.Allowed;
    }
}
