using Postern.Directory.Organizations;
using Postern.Directory.People;

namespace Postern.Login.Accounts;

/// <summary>What the holder of an invitation's link may know of it.</summary>
/// <param name="Link">The link's row.</param>
/// <param name="Invitation">The invitation.</param>
/// <param name="Organization">The organization's name for people.</param>
/// <param name="Account">The account with the invited address, or null when there is none.</param>
internal sealed record OpenInvitation(MailLink Link, Invitation Invitation, string Organization, User? Account);
