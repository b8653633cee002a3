using Microsoft.EntityFrameworkCore;
using Postern.Directory.People;
using Postern.Directory.Sessions;
using Postern.Directory.Tests.Testing;

namespace Postern.Directory.Tests.Changes;

[Collection(DatabaseCollection.Name)]
public class ChangeInterceptorTests(PostgreSqlServer server)
{
    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task DisabledUser_IsInTheFeed_AndAFailedPasswordIsNot(string provider)
    {
        await using var directory = await TestDirectory.CreateAsync(provider, server);
        var user = directory.NewUser("ada");
        await directory.SaveAsync(user);
        var before = await ReadKindsAsync(directory);

        await using var context = await directory.Contexts.CreateDbContextAsync();
        var stored = await context.Users.SingleAsync();
        stored.AccessFailedCount = 3;
        await context.SaveChangesAsync();
        Assert.Equal(before, await ReadKindsAsync(directory));

        stored.IsDisabled = true;
        await context.SaveChangesAsync();
        Assert.Equal([.. before, $"user {user.Id}"], await ReadKindsAsync(directory));
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task Session_IsInTheFeedWhenItIsRevoked_NotWhenItIsMadeOrUsed(string provider)
    {
        await using var directory = await TestDirectory.CreateAsync(provider, server);
        var user = directory.NewUser("ada");
        await directory.SaveAsync(user);
        var before = await ReadKindsAsync(directory);
        var now = directory.Clock.GetUtcNow();
        var session = new Session
        {
            Id = Guid.NewGuid(),
            UserId = user.Id,
            ClientId = "postern-cli",
            Grant = "authorization_code",
            Amr = "pwd",
            CreatedAt = now,
            LastUsedAt = now,
            AuthTime = now,
            AbsoluteExpiry = now.AddDays(30),
            IdleExpiry = now.AddDays(7),
        };
        await directory.SaveAsync(session);

        await using var context = await directory.Contexts.CreateDbContextAsync();
        var stored = await context.Sessions.SingleAsync();
        stored.LastUsedAt = now.AddHours(1);
        stored.IdleExpiry = now.AddDays(8);
        await context.SaveChangesAsync();
        Assert.Equal(before, await ReadKindsAsync(directory));

        stored.RevokedAt = now.AddHours(2);
        await context.SaveChangesAsync();
        Assert.Equal([.. before, $"session {session.Id}"], await ReadKindsAsync(directory));
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task DeletedKey_IsInTheFeed(string provider)
    {
        await using var directory = await TestDirectory.CreateAsync(provider, server);
        var user = directory.NewUser("ada");
        await directory.SaveAsync(user);
        await directory.SaveAsync(new SshKey
        {
            UserId = user.Id,
            Title = "laptop",
            Type = "ssh-ed25519",
            Blob = [1, 2, 3],
            Sha256Fingerprint = "SHA256:x",
            Md5Fingerprint = "00",
            CreatedAt = directory.Clock.GetUtcNow(),
        });

        await using var context = await directory.Contexts.CreateDbContextAsync();
        context.Remove(await context.SshKeys.SingleAsync());
        await context.SaveChangesAsync();

        Assert.Equal("ssh_key 1", (await ReadKindsAsync(directory))[^1]);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task AuditEvent_CanBeAddedOnly(string provider)
    {
        await using var directory = await TestDirectory.CreateAsync(provider, server);
        await directory.SaveAsync(new Directory.Audit.AuditEvent
        {
            At = directory.Clock.GetUtcNow(),
            Actor = "apply",
            Action = "project.created",
            Subject = "abcdefghijklm",
        });

        await using var context = await directory.Contexts.CreateDbContextAsync();
        var change = await Assert.ThrowsAnyAsync<Exception>(() => context.AuditEvents.ExecuteUpdateAsync(e => e.SetProperty(x => x.Actor, "x")));
        var removal = await Assert.ThrowsAnyAsync<Exception>(() => context.AuditEvents.ExecuteDeleteAsync());

        Assert.Contains("append-only", change.Message, StringComparison.Ordinal);
        Assert.Contains("append-only", removal.Message, StringComparison.Ordinal);
    }

    private static async Task<List<string>> ReadKindsAsync(TestDirectory directory)
    {
        await using var context = await directory.Contexts.CreateDbContextAsync();
        return await context.Changes.OrderBy(c => c.Id).Select(c => c.Kind + " " + c.Subject).ToListAsync();
    }
}
