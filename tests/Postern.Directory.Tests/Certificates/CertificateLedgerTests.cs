using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Postern.Directory.Certificates;
using Postern.Directory.People;
using Postern.Directory.Sessions;
using Postern.Directory.Tests.Testing;

namespace Postern.Directory.Tests.Certificates;

[Collection(DatabaseCollection.Name)]
public class CertificateLedgerTests(PostgreSqlServer server)
{
    private static readonly CancellationToken Never = CancellationToken.None;

    // Recorded, all of it, before it is handed out, however many are asked for at once.
    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task Certificates_AtOnce_AreAllThereAndASerialIsTakenOnce(string provider)
    {
        await using var directory = await TestDirectory.CreateAsync(provider, server);
        var ledger = directory.Services.GetRequiredService<CertificateLedger>();
        var (user, session) = (Guid.NewGuid(), Guid.NewGuid());
        var now = directory.Clock.GetUtcNow();
        IssuedCertificate Certificate(long serial) => new()
        {
            Serial = serial,
            KeyId = user.ToString(),
            UserId = user,
            SessionId = session,
            TokenId = $"token {serial}",
            KeyFingerprint = "SHA256:x",
            Principals = user.ToString(),
            ValidAfter = now.AddMinutes(-1),
            ValidBefore = now.AddHours(1),
            SourceAddress = serial % 2 == 0 ? "192.0.2.1" : null,
            IssuedAt = now,
        };

        var writes = Enumerable.Range(1, 300).Select(i => Task.Run(() => ledger.RecordAsync(Certificate(i == 300 ? 150 : i), Never))).ToList();
        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => Task.WhenAll(writes));
        Assert.Equal(299, writes.Count(write => write.IsCompletedSuccessfully));

        await using var context = await directory.Contexts.CreateDbContextAsync();
        var rows = await context.IssuedCertificates.AsNoTracking().Where(c => c.UserId == user && c.SessionId == session).ToListAsync();
        Assert.Equal(Enumerable.Range(1, 299).Select(i => (long)i), rows.Select(c => c.Serial).Order());
        Assert.All(rows, row => Assert.Equivalent(Certificate(row.Serial), row));
    }

    // Security 28: what a revocation list for other servers must hold.
    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task Revoked_AreTheCertificatesThatAreNotHonouredAndNotOverByThemselves(string provider)
    {
        await using var directory = await TestDirectory.CreateAsync(provider, server);
        var now = directory.Clock.GetUtcNow();
        var alice = directory.NewUser("alice");
        var bob = directory.NewUser("bob");
        bob.IsDisabled = true;
        await directory.SaveAsync(alice, bob);
        var revokedToken = NewToken(alice, now);
        revokedToken.RevokedAt = now;
        var expiredToken = NewToken(alice, now);
        expiredToken.ExpiresAt = now;
        var goodToken = NewToken(alice, now);
        goodToken.ExpiresAt = now.AddMilliseconds(1);
        await directory.SaveAsync(revokedToken, expiredToken, goodToken);

        await IssueAsync(1, alice, _ => { });
        await IssueAsync(2, alice, s => s.RevokedAt = now);
        await IssueAsync(3, alice, s => s.IdleExpiry = now);
        await IssueAsync(4, alice, s => s.AbsoluteExpiry = now);
        await IssueAsync(5, bob, _ => { });
        await IssueAsync(6, alice, s => s.ApiTokenId = revokedToken.Id);
        await IssueAsync(7, alice, s => s.ApiTokenId = expiredToken.Id);
        await IssueAsync(8, alice, s => s.ApiTokenId = goodToken.Id);
        await IssueAsync(9, alice, _ => { }, c => c.RevokedAt = now);
        await IssueAsync(10, alice, s => s.RevokedAt = now, c => c.ValidBefore = now);
        await IssueAsync(11, alice, _ => { }, c => c.SessionId = Guid.NewGuid());
        await IssueAsync(long.MaxValue, alice, s => s.RevokedAt = now);

        var revoked = await directory.Services.GetRequiredService<CertificateLedger>().RevokedAsync(Never);

        Assert.Equal([2, 3, 4, 5, 6, 7, 9, 11, long.MaxValue], revoked);

        async Task IssueAsync(long serial, User user, Action<Session> change, Action<IssuedCertificate>? also = null)
        {
            var session = new Session
            {
                Id = Guid.NewGuid(),
                UserId = user.Id,
                ClientId = "postern-cli",
                Grant = "authorization_code",
                CreatedAt = now,
                LastUsedAt = now,
                Amr = "pwd",
                AuthTime = now,
                AbsoluteExpiry = now.AddDays(30),
                IdleExpiry = now.AddDays(7),
            };
            change(session);
            var certificate = new IssuedCertificate
            {
                Serial = serial,
                KeyId = user.Id.ToString(),
                UserId = user.Id,
                SessionId = session.Id,
                TokenId = "t",
                Principals = user.Id.ToString(),
                KeyFingerprint = "SHA256:x",
                ValidAfter = now.AddHours(-1),
                ValidBefore = now.AddMilliseconds(1),
                IssuedAt = now.AddHours(-1),
            };
            also?.Invoke(certificate);
            await directory.SaveAsync(session, certificate);
        }
    }

    private static ApiToken NewToken(User user, DateTimeOffset now) => new()
    {
        Id = Guid.NewGuid(),
        UserId = user.Id,
        Name = "robot",
        TokenHash = Guid.NewGuid().ToString("N"),
        Prefix = "pst_abcd",
        CreatedAt = now,
    };
}
