using System.Data;
using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.Routing;
using Postern.Directory.Storage;

namespace Postern.Directory.Certificates;

/// <summary>The record of user certificates.</summary>
public sealed class CertificateLedger(IDbContextFactory<DirectoryContext> contexts, ReadCache cache, TimeProvider clock) : IDisposable
{
    private static readonly (string Name, DbType Type)[] Columns =
    [
        ("serial", DbType.Int64), ("key_id", DbType.String), ("user_id", DbType.Guid), ("session_id", DbType.Guid),
        ("token_id", DbType.String), ("key_fingerprint", DbType.String), ("principals", DbType.String),
        ("valid_after", DbType.Int64), ("valid_before", DbType.Int64), ("source_address", DbType.String), ("issued_at", DbType.Int64),
    ];

    private static readonly string Insert =
        $"INSERT INTO issued_certificates ({string.Join(", ", Columns.Select(c => c.Name))}) VALUES ({string.Join(", ", Columns.Select(c => "@" + c.Name))})";

    private readonly GroupedInserts<IssuedCertificate> _inserts = new(contexts, Insert, Declare, Fill);

    /// <summary>
    /// Writes a certificate down; when this returns, the row survives a crash of the machine. Many at once share commits.
    /// </summary>
    /// <exception cref="DbException">The serial number was used before, or the database is not writable.</exception>
    public Task RecordAsync(IssuedCertificate certificate, CancellationToken cancellationToken) =>
        _inserts.WriteAsync(certificate, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _inserts.Dispose();

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

    private static void Declare(DbCommand command)
    {
        foreach (var (name, type) in Columns)
        {
            command.Declare(name, type);
        }
    }

    private static void Fill(DbParameterCollection parameters, IssuedCertificate certificate)
    {
        object?[] values =
        [
            certificate.Serial, certificate.KeyId, certificate.UserId, certificate.SessionId, certificate.TokenId,
            certificate.KeyFingerprint, certificate.Principals, certificate.ValidAfter.ToUnixTimeMilliseconds(),
            certificate.ValidBefore.ToUnixTimeMilliseconds(), certificate.SourceAddress, certificate.IssuedAt.ToUnixTimeMilliseconds(),
        ];
        for (var i = 0; i < values.Length; i++)
        {
            parameters[i].Value = values[i] ?? DBNull.Value;
        }
    }
}
