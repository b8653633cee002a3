using Microsoft.EntityFrameworkCore;
using Postern.Directory.Audit;
using Postern.Directory.Organizations;
using Postern.Directory.Storage;

namespace Postern.Directory.SingleSignOn;

/// <summary>
/// The providers of organizations. Owners and administrators look after them, and the operator, for whom no actor is given. A
/// change is decided on the state inside its own transaction and stands in the audit trail with it.
/// </summary>
public sealed class IdentityProviders(
    IDbContextFactory<DirectoryContext> contexts, Membership membership, SsoProtection protection, TimeProvider clock)
{
    /// <summary>Providers of one organization: one for each company that it took over, and some to try.</summary>
    public const int MaximumPerOrganization = 10;

    /// <summary>How the audit trail names the operator's commands.</summary>
    internal const string Operator = "postern-server sso";

    /// <summary>The providers of an organization, or of all for null, by name.</summary>
    public async Task<IReadOnlyList<ListedProvider>> ListAsync(string? organizationId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var providers = await context.IdentityProviders.AsNoTracking()
            .Where(p => organizationId == null || p.OrganizationId == organizationId).OrderBy(p => p.Name).ToListAsync(cancellationToken);
        var ids = providers.ConvertAll(p => p.Id);
        var domains = await context.SsoDomains.AsNoTracking().Where(d => d.ProviderId != null && ids.Contains(d.ProviderId.Value))
            .OrderBy(d => d.Domain).ToListAsync(cancellationToken);
        var people = await (
            from identity in context.SsoIdentities.AsNoTracking()
            join provider in context.IdentityProviders on identity.ProviderId equals provider.Id
            where ids.Contains(provider.Id) && identity.Issuer == provider.Issuer
            group identity by identity.ProviderId into known
            select new { known.Key, Count = known.Count() }).ToDictionaryAsync(k => k.Key, k => k.Count, cancellationToken);
        return
        [
            .. providers.Select(p => new ListedProvider(
                p, [.. domains.Where(d => d.ProviderId == p.Id).Select(d => d.Domain)], people.GetValueOrDefault(p.Id))),
        ];
    }

    /// <summary>The provider of a name, or null.</summary>
    public async Task<IdentityProvider?> FindAsync(string name, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.IdentityProviders.AsNoTracking().SingleOrDefaultAsync(p => p.Name == name, cancellationToken);
    }

    /// <summary>The provider that an address leads to, whether or not there is an account with it; null for none.</summary>
    public async Task<IdentityProvider?> FindByEmailAsync(string email, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await SsoQuery.FindByEmailAsync(context, email, cancellationToken);
    }

    /// <summary>Name of the provider that a person has to sign in at, or null for none.</summary>
    public async Task<string?> FindRequiredAsync(Guid userId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await SsoQuery.RequiredOf(context, userId).FirstOrDefaultAsync(cancellationToken);
    }

    /// <summary>Adds a provider. Nobody has to use it until <see cref="EnforceAsync"/>.</summary>
    public Task<MembershipVerdict> AddAsync(
        OrganizationActor? actor, string organizationId, string name, ProviderChange change, CancellationToken cancellationToken) =>
        ChangeAsync(actor, organizationId, async (context, organization) =>
        {
            if (!SsoMethod.IsName(name))
            {
                return MembershipVerdict.NameInvalid;
            }

            if (await context.IdentityProviders.AnyAsync(p => p.Name == name, cancellationToken))
            {
                return MembershipVerdict.NameTaken;
            }

            if (await context.IdentityProviders.CountAsync(p => p.OrganizationId == organization.Id, cancellationToken) >= MaximumPerOrganization)
            {
                return MembershipVerdict.TooMany;
            }

            var id = Guid.NewGuid();
            var provider = new IdentityProvider
            {
                Id = id,
                OrganizationId = organization.Id,
                Name = name,
                Label = change.Label,
                Issuer = change.Issuer,
                ClientId = change.ClientId,
                ProtectedSecret = protection.ProtectSecret(id, change.Secret ?? ""),
                CreatesPeople = change.CreatesPeople,
                IsTrustedForMfa = change.IsTrustedForMfa,
                CreatedAt = clock.GetUtcNow(),
                UpdatedAt = clock.GetUtcNow(),
            };
            context.Add(provider);
            Record(context, actor, "sso.provider.added", provider, $"issuer {change.Issuer}, client {change.ClientId}");
            return await AssignAsync(context, organization, provider, change.Domains, cancellationToken);
        }, cancellationToken);

    /// <summary>Changes a provider. Where it leads stays as it is while people have to use it, or a slip would lock them all out.</summary>
    public Task<MembershipVerdict> UpdateAsync(
        OrganizationActor? actor, string organizationId, string name, ProviderChange change, CancellationToken cancellationToken) =>
        ChangeAsync(actor, organizationId, async (context, organization) =>
        {
            if (await FindAsync(context, organization, name, cancellationToken) is not { } provider)
            {
                return MembershipVerdict.NotFound;
            }

            if (provider.IsEnforced && (provider.Issuer != change.Issuer || provider.ClientId != change.ClientId))
            {
                return MembershipVerdict.Enforced;
            }

            provider.Label = change.Label;
            provider.Issuer = change.Issuer;
            provider.ClientId = change.ClientId;
            provider.CreatesPeople = change.CreatesPeople;
            provider.IsTrustedForMfa = change.IsTrustedForMfa;
            provider.UpdatedAt = clock.GetUtcNow();
            if (change.Secret is not null)
            {
                provider.ProtectedSecret = protection.ProtectSecret(provider.Id, change.Secret);
            }

            Record(
                context, actor, "sso.provider.changed", provider,
                $"issuer {change.Issuer}, client {change.ClientId}{(change.Secret is null ? "" : ", new secret")}, creates people: {change.CreatesPeople}, trusted for MFA: {change.IsTrustedForMfa}");
            return await AssignAsync(context, organization, provider, change.Domains, cancellationToken);
        }, cancellationToken);

    /// <summary>
    /// Makes the people of a provider's domains sign in there and nowhere else, or lets them sign in as others do. Not before
    /// somebody has come from there: until then nobody knows whether it works.
    /// </summary>
    public Task<MembershipVerdict> EnforceAsync(
        OrganizationActor? actor, string organizationId, string name, bool isEnforced, CancellationToken cancellationToken) =>
        ChangeAsync(actor, organizationId, async (context, organization) =>
        {
            if (await FindAsync(context, organization, name, cancellationToken) is not { } provider)
            {
                return MembershipVerdict.NotFound;
            }

            if (isEnforced && !await context.SsoIdentities.AnyAsync(
                identity => identity.ProviderId == provider.Id && identity.Issuer == provider.Issuer, cancellationToken))
            {
                return MembershipVerdict.NeverUsed;
            }

            if (provider.IsEnforced != isEnforced)
            {
                provider.IsEnforced = isEnforced;
                provider.UpdatedAt = clock.GetUtcNow();
                Record(context, actor, "sso.provider.enforced", provider, isEnforced ? "required" : "not required");
            }

            return MembershipVerdict.Allowed;
        }, cancellationToken);

    /// <summary>Removes a provider. What was signed in to by it ends; its people sign in as others do.</summary>
    public Task<MembershipVerdict> RemoveAsync(
        OrganizationActor? actor, string organizationId, string name, CancellationToken cancellationToken) =>
        ChangeAsync(actor, organizationId, async (context, organization) =>
        {
            if (await FindAsync(context, organization, name, cancellationToken) is not { } provider)
            {
                return MembershipVerdict.NotFound;
            }

            var now = clock.GetUtcNow();
            var sessions = await context.Sessions
                .Where(s => s.RevokedAt == null && context.SsoLogins.Any(l => l.Id == s.SsoLoginId && l.ProviderId == provider.Id))
                .ToListAsync(cancellationToken);
            foreach (var session in sessions)
            {
                session.RevokedAt = now;
                session.RevokedReason = "the provider was removed";
            }

            foreach (var domain in await context.SsoDomains.Where(d => d.ProviderId == provider.Id).ToListAsync(cancellationToken))
            {
                domain.ProviderId = null;
            }

            context.Remove(provider);
            Record(context, actor, "sso.provider.removed", provider, $"{sessions.Count} sessions ended");
            return MembershipVerdict.Allowed;
        }, cancellationToken);

    /// <summary>Lets a member sign in without the provider, or no longer.</summary>
    public Task<MembershipVerdict> ExemptAsync(
        OrganizationActor actor, string organizationId, Guid userId, bool isExempt, CancellationToken cancellationToken) =>
        ChangeAsync(actor, organizationId, async (context, organization) =>
        {
            if (await context.OrganizationMembers.SingleOrDefaultAsync(
                m => m.OrganizationId == organization.Id && m.UserId == userId, cancellationToken) is not { } member)
            {
                return MembershipVerdict.NotFound;
            }

            if (member.IsSsoExempt != isExempt)
            {
                member.IsSsoExempt = isExempt;
                member.UpdatedAt = clock.GetUtcNow();
                membership.Record(
                    context, actor, "sso.member.exempted", $"organization {organization.Id}", $"user {userId}: {(isExempt ? "exempt" : "not exempt")}");
            }

            return MembershipVerdict.Allowed;
        }, cancellationToken);

    private async Task<MembershipVerdict> ChangeAsync(
        OrganizationActor? actor,
        string organizationId,
        Func<DirectoryContext, Organization, Task<MembershipVerdict>> change,
        CancellationToken cancellationToken)
    {
        if (actor is not null)
        {
            return await membership.ChangeAsync(
                actor,
                organizationId,
                (context, organization, own) => OrganizationRules.Administer(own) is var verdict and not MembershipVerdict.Allowed
                    ? Task.FromResult(verdict)
                    : change(context, organization),
                cancellationToken);
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (await context.Organizations.SingleOrDefaultAsync(o => o.Id == organizationId, cancellationToken) is not { } organization)
        {
            return MembershipVerdict.NotFound;
        }

        var verdict = await change(context, organization);
        if (verdict == MembershipVerdict.Allowed)
        {
            await context.SaveChangesAsync(cancellationToken);
        }

        return verdict;
    }

    // Only what the operator has assigned to this organization, and what no other provider of it has.
    private static async Task<MembershipVerdict> AssignAsync(
        DirectoryContext context,
        Organization organization,
        IdentityProvider provider,
        IReadOnlyCollection<string> wanted,
        CancellationToken cancellationToken)
    {
        var assigned = await context.SsoDomains.Where(d => d.OrganizationId == organization.Id).ToListAsync(cancellationToken);
        if (wanted.Any(name => assigned.All(d => d.Domain != name)))
        {
            return MembershipVerdict.DomainNotAssigned;
        }

        foreach (var domain in assigned)
        {
            var isWanted = wanted.Contains(domain.Domain, StringComparer.Ordinal);
            if (isWanted && domain.ProviderId is { } other && other != provider.Id)
            {
                return MembershipVerdict.DomainTaken;
            }

            if (isWanted || domain.ProviderId == provider.Id)
            {
                domain.ProviderId = isWanted ? provider.Id : null;
            }
        }

        return MembershipVerdict.Allowed;
    }

    private static Task<IdentityProvider?> FindAsync(
        DirectoryContext context, Organization organization, string name, CancellationToken cancellationToken) =>
        context.IdentityProviders.SingleOrDefaultAsync(p => p.OrganizationId == organization.Id && p.Name == name, cancellationToken);

    private void Record(DirectoryContext context, OrganizationActor? actor, string action, IdentityProvider provider, string detail) =>
        context.Add(new AuditEvent
        {
            At = clock.GetUtcNow(),
            Actor = actor?.UserId.ToString() ?? Operator,
            ConnectionId = actor?.RequestId,
            Action = action,
            Subject = $"provider {provider.Name} of organization {provider.OrganizationId}",
            Detail = detail,
        });
}
