using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Postern.Directory.Changes;
using Postern.Directory.Tests.Testing;

namespace Postern.Directory.Tests.Changes;

[Collection(DatabaseCollection.Name)]
public class ChangeFeedTests(PostgreSqlServer server)
{
    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task Change_ByAnotherProcess_IsHeardOnce(string provider)
    {
        await using var directory = await TestDirectory.CreateAsync(provider, server);
        var feed = directory.Services.GetRequiredService<ChangeFeed>();
        var heard = 0;
        using var subscription = feed.Subscribe(() => heard++);
        await feed.PollAsync(CancellationToken.None);
        Assert.Equal(0, heard);

        await directory.SaveAsync(directory.NewUser("ada"));
        await feed.PollAsync(CancellationToken.None);
        await feed.PollAsync(CancellationToken.None);
        Assert.Equal(1, heard);

        subscription.Dispose();
        await directory.SaveAsync(directory.NewUser("bob"));
        await feed.PollAsync(CancellationToken.None);
        Assert.Equal(1, heard);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task Service_PollsBySecond_AndOneFailingSubscriberDoesNotSilenceTheOthers(string provider)
    {
        await using var directory = await TestDirectory.CreateAsync(provider, server);
        var feed = directory.Services.GetRequiredService<ChangeFeed>();
        var heard = new TaskCompletionSource();
        using var bad = feed.Subscribe(() => throw new InvalidOperationException("bad subscriber"));
        using var good = feed.Subscribe(() => heard.TrySetResult());
        await feed.PollAsync(CancellationToken.None);
        await directory.SaveAsync(directory.NewUser("ada"));

        await feed.StartAsync(CancellationToken.None);
        directory.Clock.Advance(ChangeFeed.PollInterval);
        await heard.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await feed.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task PostgreSql_ChangesBecomeVisibleInOrder()
    {
        // A change that is not committed yet holds back the numbers of all later ones.
        await using var directory = await TestDirectory.CreateAsync("postgresql", server);
        await using var slow = await directory.Contexts.CreateDbContextAsync();
        await using var transaction = await slow.Database.BeginTransactionAsync();
        slow.Add(directory.NewUser("slow"));
        await slow.SaveChangesAsync();

        var fast = directory.SaveAsync(directory.NewUser("fast"));
        await using var observer = await directory.Contexts.CreateDbContextAsync();
        while (await observer.Database.SqlQuery<int>($"SELECT COUNT(*)::int AS \"Value\" FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())").SingleAsync() == 0)
        {
            Assert.False(fast.IsCompleted);
            await Task.Yield();
        }

        Assert.Equal(0, await observer.Changes.CountAsync());
        await transaction.CommitAsync();
        await fast;
        Assert.Equal(2, await observer.Changes.CountAsync());
    }
}
