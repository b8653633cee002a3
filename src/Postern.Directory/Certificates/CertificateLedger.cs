using Microsoft.EntityFrameworkCore;
using Postern.Directory.Routing;
using Postern.Directory.Storage;

namespace Postern.Directory.Certificates;

/// <summary>The record of user certificates.</summary>
public sealed class CertificateLedger(IDbContextFactory<DirectoryContext> contexts, ReadCache cache, TimeProvider clock)
{
    /// <summary>Writes a certificate down; when this returns, the row survives a crash of the machine.</summary>
    /// <exception cref="DbUpdateException">The serial number was used before, or the database is not writable.</exception>
    public async Task RecordAsync(IssuedCertificate certificate, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        context.Add(certificate);
        await context.SaveChangesAsync(cancellationToken);
    }

    /// <summary>Finds a certificate by its serial number, or null when it was never issued here.</summary>
    public ValueTask<IssuedCertificate?> FindAsync(long serial, Moment moment, CancellationToken cancellationToken) =>
        cache.GetAsync<IssuedCertificate>(
            ("certificate", serial),
            static _ => true,
            (context, token) => context.IssuedCertificates.AsNoTracking().SingleOrDefaultAsync(c => c.Serial == serial, token),
            moment,
            cancellationToken);

    /// <summary>
    /// The serial numbers of certificates that would still be valid by their time and are no longer honoured: revoked
    /// themselves, of a session that has ended, of a token that was revoked or has expired, or of a disabled account. In
    /// ascending order.
    /// </summary>
    public async Task<IReadOnlyList<long>> RevokedAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await (
            from certificate in context.IssuedCertificates.AsNoTracking()
            join found in context.Sessions.AsNoTracking() on certificate.SessionId equals found.Id into sessions
            from session in sessions.DefaultIfEmpty()
            join owner in context.Users.AsNoTracking() on certificate.UserId equals owner.Id into owners
            from user in owners.DefaultIfEmpty()
            join issued in context.ApiTokens.AsNoTracking() on session.ApiTokenId equals issued.Id into tokens
            from token in tokens.DefaultIfEmpty()
            where certificate.ValidBefore > now
                && (certificate.RevokedAt != null
                    || session == null || session.RevokedAt != null || session.AbsoluteExpiry <= now || session.IdleExpiry <= now
                    || user == null || user.IsDisabled
                    || (token != null && (token.RevokedAt != null || token.ExpiresAt <= now)))
            orderby certificate.Serial
            select certificate.Serial).ToListAsync(cancellationToken);
    }
}
