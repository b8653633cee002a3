using Microsoft.EntityFrameworkCore;
using Postern.Directory.Audit;
using Postern.Directory.Storage;

namespace Postern.Directory.SingleSignOn;

/// <summary>
/// Says which domains of e-mail addresses are whose. For the operator alone: whoever has a domain decides how accounts with
/// such addresses are entered.
/// </summary>
public sealed class SsoDomains(IDbContextFactory<DirectoryContext> contexts, TimeProvider clock)
{
    /// <summary>The domains of an organization, or of all for null, by name.</summary>
    public async Task<IReadOnlyList<SsoDomain>> ListAsync(string? organizationId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.SsoDomains.AsNoTracking().Where(d => organizationId == null || d.OrganizationId == organizationId)
            .OrderBy(d => d.Domain).ToListAsync(cancellationToken);
    }

    /// <summary>Assigns a domain to the organization of a name; a sentence when that cannot be.</summary>
    public async Task<string?> AssignAsync(string text, string organizationName, CancellationToken cancellationToken)
    {
        if (SsoDomain.Read(text) is not { } name)
        {
            return $"'{text}' is not a domain name, such as example.com.";
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (await context.Organizations.SingleOrDefaultAsync(o => o.Name == organizationName, cancellationToken) is not { } organization)
        {
            return $"There is no organization '{organizationName}'.";
        }

        if (await context.SsoDomains.SingleOrDefaultAsync(d => d.Domain == name, cancellationToken) is { } present)
        {
            return present.OrganizationId == organization.Id
                ? null
                : $"{name} belongs to another organization; 'postern-server sso domain remove {name}' takes it from there first.";
        }

        context.Add(new SsoDomain { Domain = name, Suffix = SsoDomain.SuffixOf(name), OrganizationId = organization.Id, CreatedAt = clock.GetUtcNow() });
        context.Add(Record("sso.domain.assigned", name, organization.Id));
        await context.SaveChangesAsync(cancellationToken);
        return null;
    }

    /// <summary>Takes a domain from its organization; its people sign in as others do. False when nobody has it.</summary>
    public async Task<bool> RemoveAsync(string text, CancellationToken cancellationToken)
    {
        var name = SsoDomain.Read(text);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (await context.SsoDomains.SingleOrDefaultAsync(d => d.Domain == name, cancellationToken) is not { } domain)
        {
            return false;
        }

        context.Remove(domain);
        context.Add(Record("sso.domain.removed", domain.Domain, domain.OrganizationId));
        await context.SaveChangesAsync(cancellationToken);
        return true;
    }

    /// <summary>Forgets who an account is at providers, so that it can be linked anew. The number of links that were there.</summary>
    public async Task<int> UnlinkAsync(Guid userId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var links = await context.SsoIdentities.Where(i => i.UserId == userId).ToListAsync(cancellationToken);
        context.RemoveRange(links);
        context.Add(Record("sso.unlinked", $"user {userId}", $"{links.Count} links"));
        await context.SaveChangesAsync(cancellationToken);
        return links.Count;
    }

    private AuditEvent Record(string action, string subject, string detail) => new()
    {
        At = clock.GetUtcNow(),
        Actor = IdentityProviders.Operator,
        Action = action,
        Subject = subject,
        Detail = detail,
    };
}
