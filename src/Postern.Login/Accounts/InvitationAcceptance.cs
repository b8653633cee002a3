using Microsoft.EntityFrameworkCore;
using Postern.Directory.Audit;
using Postern.Directory.Organizations;
using Postern.Directory.People;
using Postern.Directory.Storage;
using Postern.Login.Factors;
using Postern.Login.Mail;
using Postern.Login.OAuth;
using Postern.Login.Passwords;
using Postern.Login.Sessions;

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
    UnprovedAccounts unproved,
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

        return await CreateAsync(open, Build(open, firstName, lastName, password), passkey: null, cancellationToken);
    }

    /// <summary>The same for an account that is entered by a passkey and has no password.</summary>
    public async Task<AccountResult> CreateAccountAsync(
        OpenInvitation open, string firstName, string lastName, FirstPasskey passkey, CancellationToken cancellationToken) =>
        FindNameFaults(firstName, lastName) is { Count: > 0 } faults
            ? AccountResult.Refused(faults)
            : await CreateAsync(open, Build(open, firstName.Trim(), lastName.Trim(), password: null), passkey, cancellationToken);

    /// <summary>What is wrong with names that were typed.</summary>
    public static IReadOnlyList<string> FindNameFaults(string firstName, string lastName) =>
        [.. AccountBuilder.FindNameFaults(("first name", firstName.Trim()), ("last name", lastName.Trim()))];

    // Who was mailed the link has the mailbox; who was shown it has not proven that.
    private User Build(OpenInvitation open, string firstName, string lastName, string? password) =>
        builder.Build(open.Invitation.Email, firstName, lastName, password, isEmailConfirmed: !open.Invitation.IsLinkShown);

    private async Task<AccountResult> CreateAsync(OpenInvitation open, User user, FirstPasskey? passkey, CancellationToken cancellationToken)
    {
        if (!await AcceptAsync(open, user, live: null, keepsBelongings: false, passkey, cancellationToken))
        {
            return AccountResult.Refused(Gone);
        }

        log.AccountMade(user.Id, "invitation");
        return AccountResult.Done(user);
    }

    /// <summary>
    /// Brings the invited account into the organization; refuses any other account. A link that was mailed proves the address of an account
    /// that had none proved; whatever the person of such an account does not call their own goes before it becomes a member.
    /// </summary>
    public async Task<AccountResult> JoinAsync(OpenInvitation open, LiveSession live, bool keepsBelongings, CancellationToken cancellationToken)
    {
        var user = live.User;
        if (user.NormalizedEmail != open.Invitation.NormalizedEmail)
        {
            return AccountResult.Refused("This invitation is for another account.");
        }

        return await AcceptAsync(open, user, live, keepsBelongings, passkey: null, cancellationToken) ? AccountResult.Done(user) : AccountResult.Refused(Gone);
    }

    /// <summary>What opens an account beside its password.</summary>
    public async Task<AccountBelongings> FindBelongingsAsync(Guid userId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await UnprovedAccounts.FindBelongingsAsync(context, userId, cancellationToken);
    }

    private async Task ProveAsync(DirectoryContext context, OpenInvitation open, LiveSession live, bool keepsBelongings, CancellationToken cancellationToken)
    {
        var user = await context.Users.SingleAsync(u => u.Id == live.User.Id, cancellationToken);
        if (!open.Invitation.IsLinkShown)
        {
            await unproved.ProveAsync(context, user, live, keepsBelongings, cancellationToken);
        }
        else if (!user.EmailConfirmed && !keepsBelongings)
        {
            await unproved.ClearAsync(context, user, user.Id.ToString(), live.Session.Id, cancellationToken);
        }
    }

    private async Task<bool> AcceptAsync(
        OpenInvitation open, User user, LiveSession? live, bool keepsBelongings, FirstPasskey? passkey, CancellationToken cancellationToken)
    {
        var invitation = open.Invitation;
        var now = clock.GetUtcNow();
        user.Id = passkey?.UserId ?? user.Id;
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
        if (live is null)
        {
            context.Users.Add(user);
            passkey?.OpenAccount(context, user, now);
        }
        else
        {
            await ProveAsync(context, open, live, keepsBelongings, cancellationToken);
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
        catch (DbUpdateException) when (live is null)
        {
            return false; // The address got an account at this moment; the invitation stays open for it.
        }

        await transaction.CommitAsync(cancellationToken);
        await audit.WriteAsync(
            user.Id.ToString(), "invitation.accepted", invitation.Id.ToString(), null,
            $"{invitation.OrganizationId} as {invitation.Role.ToString().ToLowerInvariant()}{(live is null ? ", with a new account" : "")}", cancellationToken);
        return true;
    }
}
