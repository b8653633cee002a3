using Microsoft.EntityFrameworkCore;
using Postern.Directory.Storage;

namespace Postern.Directory.SingleSignOn;

/// <summary>The one query for who has to sign in where, so that no door can differ.</summary>
public static class SsoQuery
{
    /// <summary>
    /// The name of the provider that a person has to sign in at, or nothing: the domain of their address decides, unless the
    /// provider's organization has exempted them. Machines have no address.
    /// </summary>
    public static IQueryable<string> RequiredOf(DirectoryContext context, Guid userId) =>
        from user in context.Users.AsNoTracking()
        from domain in context.SsoDomains.AsNoTracking()
        join provider in context.IdentityProviders.AsNoTracking() on domain.ProviderId equals provider.Id
        where user.Id == userId
            && user.NormalizedEmail!.EndsWith(domain.Suffix)
            && provider.IsEnforced
            && !context.OrganizationMembers.Any(m => m.OrganizationId == provider.OrganizationId && m.UserId == userId && m.IsSsoExempt)
        select provider.Name;

    /// <summary>The provider that an address leads to, whether or not there is an account with it; null for none.</summary>
    public static async Task<IdentityProvider?> FindByEmailAsync(DirectoryContext context, string email, CancellationToken cancellationToken)
    {
        if (SsoDomain.Of(email) is not { } name)
        {
            return null;
        }

        return await (
            from domain in context.SsoDomains.AsNoTracking()
            join provider in context.IdentityProviders.AsNoTracking() on domain.ProviderId equals provider.Id
            where domain.Domain == name
            select provider).SingleOrDefaultAsync(cancellationToken);
    }
}
