using Microsoft.EntityFrameworkCore;
using Postern.Directory.Audit;
using Postern.Directory.Organizations;
using Postern.Directory.SingleSignOn;
using Postern.Directory.Storage;
using Postern.Login.Accounts;

namespace Postern.Login.SingleSignOn;

/// <summary>
/// Finds the account of who comes from a provider. The pair of issuer and subject decides; the first time, the verified address
/// does. A provider opens accounts of its own domains and of no others, whatever it says.
/// </summary>
internal sealed class SsoAccounts(
    IDbContextFactory<DirectoryContext> contexts, AccountBuilder builder, UnprovedAccounts unproved, TimeProvider clock, ILogger<SsoAccounts> log)
{
    public async Task<SsoArrival> ArriveAsync(IdentityProvider provider, IdToken token, string? requestId, CancellationToken cancellationToken)
    {
        if (token.Email is not { } email || !EmailAddress.IsValid(email))
        {
            return SsoArrival.Refused($"{provider.Label} did not say your e-mail address.");
        }

        if (!token.IsEmailVerified)
        {
            return SsoArrival.Refused($"{provider.Label} does not vouch for your e-mail address {email}.");
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        if (!await IsOfAsync(context, provider, email, cancellationToken))
        {
            return SsoArrival.Refused($"{email} is not an address of the organization that {provider.Label} belongs to.");
        }

        var visit = new Visit(context, provider, token, email, requestId);
        var arrival = await FindLinkedAsync(visit, cancellationToken)
            ?? await LinkAsync(visit, cancellationToken)
            ?? await CreateAsync(visit, cancellationToken);
        if (arrival.User is null)
        {
            log.SsoRefused(provider.Name, visit.Token.Subject);
            return arrival;
        }

        try
        {
            await context.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return arrival;
        }
        catch (DbUpdateException)
        {
            return SsoArrival.Refused("The account was changed at the same moment. Try again.");
        }
    }

    private static async Task<bool> IsOfAsync(
        DirectoryContext context, IdentityProvider provider, string email, CancellationToken cancellationToken) =>
        (await SsoQuery.FindByEmailAsync(context, email, cancellationToken))?.Id == provider.Id;

    /// <summary>Who came before; null when nobody did with this subject.</summary>
    private async Task<SsoArrival?> FindLinkedAsync(Visit visit, CancellationToken cancellationToken)
    {
        var (context, provider) = (visit.Context, visit.Provider);
        var identity = await context.SsoIdentities.SingleOrDefaultAsync(
            i => i.ProviderId == provider.Id && i.Issuer == provider.Issuer && i.Subject == visit.Token.Subject, cancellationToken);
        if (identity is null)
        {
            return null;
        }

        identity.LastUsedAt = clock.GetUtcNow();
        var user = await context.Users.AsNoTracking().SingleAsync(u => u.Id == identity.UserId, cancellationToken);

        // The operator may have given the account's own domain to somebody else meanwhile.
        return await IsOfAsync(context, provider, user.Email ?? "", cancellationToken)
            ? SsoArrival.Of(user)
            : SsoArrival.Refused($"Your account has an address that does not belong to {provider.Label} any more.");
    }

    /// <summary>The account with the address, tied to this subject from now on; null when there is none.</summary>
    private async Task<SsoArrival?> LinkAsync(Visit visit, CancellationToken cancellationToken)
    {
        var (context, provider) = (visit.Context, visit.Provider);
        var normalized = builder.Normalize(visit.Email);
        if (await context.Users.SingleOrDefaultAsync(u => u.NormalizedEmail == normalized, cancellationToken) is not { } user)
        {
            return null;
        }

        if (await context.SsoIdentities.AnyAsync(
            i => i.ProviderId == provider.Id && i.Issuer == provider.Issuer && i.UserId == user.Id, cancellationToken))
        {
            visit.Record(clock, user.Id, "sso.subject.refused", "the account is linked to another subject");
            await context.SaveChangesAsync(cancellationToken);
            await context.Database.CurrentTransaction!.CommitAsync(cancellationToken);
            return SsoArrival.Refused($"The account of {visit.Email} belongs to somebody else at {provider.Label}.");
        }

        // Somebody without the mailbox may have made it to lie in wait, unless the organization itself took it in.
        if (!user.EmailConfirmed && !await context.OrganizationMembers.AnyAsync(
            m => m.OrganizationId == provider.OrganizationId && m.UserId == user.Id, cancellationToken))
        {
            return SsoArrival.Refused($"There is an account of {visit.Email} already, and nobody has confirmed its address.");
        }

        if (!user.EmailConfirmed)
        {
            user.EmailConfirmed = true;
            user.PasswordHash = null;
            await unproved.ClearAsync(context, user, $"provider {provider.Name}", keptSession: null, cancellationToken);
        }

        user.ConcurrencyStamp = Guid.NewGuid().ToString();
        visit.AddIdentity(clock, user.Id);
        visit.Record(clock, user.Id, "sso.linked", "an account that was there");
        log.SsoLinked(user.Id, provider.Name);
        return SsoArrival.Of(user);
    }

    /// <summary>A new account, where the provider may make some or somebody invited the address.</summary>
    private async Task<SsoArrival> CreateAsync(Visit visit, CancellationToken cancellationToken)
    {
        var (context, provider) = (visit.Context, visit.Provider);
        var now = clock.GetUtcNow();
        var normalized = builder.Normalize(visit.Email);

        // In turn with whoever takes an inviter's rights away: an invitation is worth no more here than by its link.
        await OrganizationTurn.TakeAsync(context, provider.OrganizationId, cancellationToken);
        var invitations = new List<Invitation>();
        foreach (var invitation in await context.Invitations
            .Where(i => i.NormalizedEmail == normalized && i.AcceptedAt == null && i.RevokedAt == null && i.ExpiresAt > now)
            .ToListAsync(cancellationToken))
        {
            if (await InvitationRule.HoldsAsync(context, invitation, cancellationToken))
            {
                invitations.Add(invitation);
            }
        }

        if (!provider.CreatesPeople && invitations.Count == 0)
        {
            return SsoArrival.Refused($"There is no account for {visit.Email} here, and nobody has invited it.");
        }

        var user = builder.Build(visit.Email, visit.Token.FirstName, visit.Token.LastName, password: null, isEmailConfirmed: true);
        context.Users.Add(user);
        var own = invitations.Find(i => i.OrganizationId == provider.OrganizationId);
        if (own is not null)
        {
            own.AcceptedAt = now;
            own.AcceptedBy = user.Id;
            context.MailLinks.RemoveRange(await context.MailLinks.Where(l => l.InvitationId == own.Id).ToListAsync(cancellationToken));
        }

        if (own is not null || provider.CreatesPeople)
        {
            context.OrganizationMembers.Add(builder.Member(provider.OrganizationId, user.Id, own?.Role ?? OrganizationRole.Member));
        }

        visit.AddIdentity(clock, user.Id);
        visit.Record(clock, user.Id, "sso.account.made", visit.Email);
        log.AccountMade(user.Id, "sso");
        return SsoArrival.Of(user);
    }

    /// <summary>Somebody who comes from a provider.</summary>
    private sealed record Visit(DirectoryContext Context, IdentityProvider Provider, IdToken Token, string Email, string? RequestId)
    {
        public void AddIdentity(TimeProvider clock, Guid userId) => Context.SsoIdentities.Add(new SsoIdentity
        {
            ProviderId = Provider.Id,
            Issuer = Provider.Issuer,
            Subject = Token.Subject,
            UserId = userId,
            CreatedAt = clock.GetUtcNow(),
            LastUsedAt = clock.GetUtcNow(),
        });

        public void Record(TimeProvider clock, Guid userId, string action, string detail) => Context.AuditEvents.Add(new AuditEvent
        {
            At = clock.GetUtcNow(),
            Actor = userId.ToString(),
            ConnectionId = RequestId,
            Action = action,
            Subject = $"provider {Provider.Name}",
            Detail = detail,
        });
    }
}
