using Microsoft.EntityFrameworkCore;
using Postern.Directory.Audit;
using Postern.Directory.Organizations;
using Postern.Directory.People;
using Postern.Directory.Storage;
using Postern.Login.Mail;
using Postern.Login.OAuth;
using Postern.Login.Passwords;

namespace Postern.Login.Accounts;

/// <summary>
/// Accepts invitations. One is good only for the account with the address that was invited: it makes that account, or joins
/// it when its owner is signed in. Nobody can bring it into another account, whoever has the link.
/// </summary>
internal sealed class InvitationAcceptance(
    IDbContextFactory<DirectoryContext> contexts,
    MailLinks links,
    AccountBuilder builder,
    PasswordRules rules,
    AuditTrail audit,
    TimeProvider clock,
    ILogger<InvitationAcceptance> log)
{
    private const string Gone = "This invitation has been accepted, withdrawn or replaced meanwhile.";

    /// <summary>The invitation that a link opens, or null when it opens none now.</summary>
    public async Task<OpenInvitation?> FindAsync(string? token, CancellationToken cancellationToken)
    {
        if (await links.FindAsync(token, OpaqueToken.InvitationPrefix, cancellationToken) is not { } link)
        {
            return null;
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await (
            from invitation in context.Invitations.AsNoTracking()
            join organization in context.Organizations on invitation.OrganizationId equals organization.Id
            where invitation.Id == link.InvitationId
            select new { Invitation = invitation, organization.Label }).FirstOrDefaultAsync(cancellationToken);
        if (found is null
            || !found.Invitation.IsOpen(clock.GetUtcNow())
            || !await InvitationRule.HoldsAsync(context, found.Invitation, cancellationToken))
        {
            return null;
        }

        var account = await context.Users.AsNoTracking()
            .FirstOrDefaultAsync(user => user.NormalizedEmail == found.Invitation.NormalizedEmail, cancellationToken);
        return new OpenInvitation(link, found.Invitation, found.Label, account);
    }

    /// <summary>Makes the account and its place in the organization.</summary>
    public async Task<AccountResult> CreateAccountAsync(
        OpenInvitation open, string firstName, string lastName, string password, CancellationToken cancellationToken)
    {
        firstName = firstName.Trim();
        lastName = lastName.Trim();
        List<string> faults =
        [
            .. AccountBuilder.FindNameFaults(("first name", firstName), ("last name", lastName)),
            .. rules.FindFaults(password, open.Invitation.Email, firstName, lastName),
        ];
        if (faults.Count > 0)
        {
            return AccountResult.Refused(faults);
        }

        // Who was mailed the link has the mailbox; who was shown it has not proven that.
        var user = builder.Build(open.Invitation.Email, firstName, lastName, password, isEmailConfirmed: !open.Invitation.IsLinkShown);
        var isDone = await AcceptAsync(open, user, isNew: true, cancellationToken);
        if (!isDone)
        {
            return AccountResult.Refused(Gone);
        }

        log.AccountMade(user.Id, "invitation");
        return AccountResult.Done(user);
    }

    /// <summary>Brings the invited account into the organization; refuses any other account.</summary>
    public async Task<AccountResult> JoinAsync(OpenInvitation open, User user, CancellationToken cancellationToken)
    {
        if (user.NormalizedEmail != open.Invitation.NormalizedEmail)
        {
            return AccountResult.Refused("This invitation is for another account.");
        }

        return await AcceptAsync(open, user, isNew: false, cancellationToken) ? AccountResult.Done(user) : AccountResult.Refused(Gone);
    }

    private async Task<bool> AcceptAsync(OpenInvitation open, User user, bool isNew, CancellationToken cancellationToken)
    {
        var invitation = open.Invitation;
        var now = clock.GetUtcNow();
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);

        // In turn with whoever takes the inviter's rights away, and with the inviter's own changes.
        await OrganizationTurn.TakeAsync(context, invitation.OrganizationId, cancellationToken);
        if (!await InvitationRule.HoldsAsync(context, invitation, cancellationToken)
            || !await MailLinks.UseAsync(context, open.Link, cancellationToken)
            || await context.Invitations
                .Where(i => i.Id == invitation.Id && i.AcceptedAt == null && i.RevokedAt == null && i.ExpiresAt > now)
                .ExecuteUpdateAsync(
                    row => row.SetProperty(i => i.AcceptedAt, now).SetProperty(i => i.AcceptedBy, user.Id), cancellationToken) != 1)
        {
            return false;
        }

        await context.MailLinks.Where(link => link.InvitationId == invitation.Id).ExecuteDeleteAsync(cancellationToken);
        if (isNew)
        {
            context.Users.Add(user);
        }

        // Who came in by another way meanwhile keeps the role they have.
        if (!await context.OrganizationMembers.AnyAsync(
            m => m.OrganizationId == invitation.OrganizationId && m.UserId == user.Id, cancellationToken))
        {
            context.OrganizationMembers.Add(builder.Member(invitation.OrganizationId, user.Id, invitation.Role));
        }

        try
        {
            await context.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException) when (isNew)
        {
            return false; // The address got an account at this moment; the invitation stays open for it.
        }

        await transaction.CommitAsync(cancellationToken);
        await audit.WriteAsync(
            user.Id.ToString(), "invitation.accepted", invitation.Id.ToString(), null,
            $"{invitation.OrganizationId} as {invitation.Role.ToString().ToLowerInvariant()}{(isNew ? ", with a new account" : "")}", cancellationToken);
        return true;
    }
}
