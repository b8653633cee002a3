using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Postern.Directory.Audit;
using Postern.Directory.Tests.Testing;

namespace Postern.Directory.Tests.Audit;

/// <summary>Every event that was written is there, with all that it says, however many come at once.</summary>
[Collection(DatabaseCollection.Name)]
public class AuditTrailTests(PostgreSqlServer server)
{
    private static readonly CancellationToken Never = CancellationToken.None;

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task Events_AtOnce_AreAllThere(string provider)
    {
        await using var directory = await TestDirectory.CreateAsync(provider, server);
        var trail = directory.Services.GetRequiredService<AuditTrail>();

        await Task.WhenAll(Enumerable.Range(0, 500).Select(i => Task.Run(
            () => trail.WriteAsync($"actor {i}", "tested", $"subject {i}", i % 2 == 0 ? $"c{i}" : null, i % 3 == 0 ? "ü" : null, Never))));

        await using var context = await directory.Contexts.CreateDbContextAsync();
        var events = await context.AuditEvents.AsNoTracking().ToListAsync();
        Assert.Equal(500, events.Count);
        for (var i = 0; i < 500; i++)
        {
            var entry = Assert.Single(events, e => e.Actor == $"actor {i}");
            Assert.Equal(
                ($"subject {i}", i % 2 == 0 ? $"c{i}" : null, i % 3 == 0 ? "ü" : null, "tested", directory.Clock.GetUtcNow()),
                (entry.Subject, entry.ConnectionId, entry.Detail, entry.Action, entry.At));
        }
    }

    // PostgreSQL takes no NUL in a text.
    [Fact]
    public async Task Event_ThatTheDatabaseRefuses_KeepsNoOtherOut()
    {
        await using var directory = await TestDirectory.CreateAsync("postgresql", server);
        var trail = directory.Services.GetRequiredService<AuditTrail>();

        var writes = Enumerable.Range(0, 50).Select(i => Task.Run(
            () => trail.WriteAsync("actor", "tested", i == 25 ? "a\0b" : $"subject {i}", null, null, Never))).ToList();
        await Assert.ThrowsAnyAsync<Exception>(() => Task.WhenAll(writes));

        Assert.Equal(49, writes.Count(write => write.IsCompletedSuccessfully));
        await using var context = await directory.Contexts.CreateDbContextAsync();
        Assert.Equal(49, await context.AuditEvents.CountAsync());
    }

    // An outage refuses who comes then, and nobody after it.
    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task Event_AfterAFailure_IsWrittenOnANewConnection(string provider)
    {
        await using var directory = await TestDirectory.CreateAsync(provider, server);
        var trail = directory.Services.GetRequiredService<AuditTrail>();
        await trail.WriteAsync("actor", "before", "subject", null, null, Never);
        await using var context = await directory.Contexts.CreateDbContextAsync();
        await context.Database.ExecuteSqlRawAsync("ALTER TABLE audit_events RENAME TO away");
        await Assert.ThrowsAnyAsync<Exception>(() => trail.WriteAsync("actor", "during", "subject", null, null, Never));
        await context.Database.ExecuteSqlRawAsync("ALTER TABLE away RENAME TO audit_events");

        await trail.WriteAsync("actor", "after", "subject", null, null, Never);

        Assert.Equal(["before", "after"], await context.AuditEvents.OrderBy(e => e.Id).Select(e => e.Action).ToListAsync());
    }
}
