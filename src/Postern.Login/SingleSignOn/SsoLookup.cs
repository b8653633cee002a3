using Microsoft.EntityFrameworkCore;
using Postern.Directory.SingleSignOn;
using Postern.Directory.Storage;

namespace Postern.Login.SingleSignOn;

/// <summary>Looks up which providers there are, for pages and endpoints that lead to them.</summary>
internal sealed class SsoLookup(IDbContextFactory<DirectoryContext> contexts)
{
    /// <summary>Whether every provider that is asked for exists.</summary>
    public async Task<bool> KnowsAllAsync(IReadOnlyList<string> methods, CancellationToken cancellationToken)
    {
        var wanted = methods.Where(method => method != SsoMethod.Any).Select(SsoMethod.ProviderOf).OfType<string>().ToList();
        if (wanted.Count == 0)
        {
            return true;
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.IdentityProviders.CountAsync(p => wanted.Contains(p.Name), cancellationToken) == wanted.Count;
    }

    /// <summary>Whether anybody can sign in at a provider, so that the sign-in page offers it.</summary>
    public async Task<bool> IsOfferedAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.SsoDomains.AnyAsync(d => d.ProviderId != null, cancellationToken);
    }
}
