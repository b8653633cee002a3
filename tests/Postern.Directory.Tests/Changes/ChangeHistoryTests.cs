using Microsoft.Extensions.DependencyInjection;
using Postern.Directory.Changes;
using Postern.Directory.Tests.Testing;

namespace Postern.Directory.Tests.Changes;

[Collection(DatabaseCollection.Name)]
public class ChangeHistoryTests(PostgreSqlServer server)
{
    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task Changes_SinceTheLastLook_AreGivenOnceAndInOrder(string provider)
    {
        await using var directory = await TestDirectory.CreateAsync(provider, server);
        var history = directory.Services.GetRequiredService<ChangeHistory>();
        await directory.SaveAsync(directory.NewUser("ada"));
        var (seen, unknown) = await history.ReadSinceAsync(null, CancellationToken.None);
        Assert.Null(unknown);

        var users = new[] { directory.NewUser("bob"), directory.NewUser("eve") };
        await directory.SaveAsync(users[0]);
        await directory.SaveAsync(users[1]);
        var (newest, since) = await history.ReadSinceAsync(seen, CancellationToken.None);
        Assert.Equal(users.Select(u => ("user", u.Id.ToString())), since!.Select(c => (c.Kind, c.Subject)));

        var (same, none) = await history.ReadSinceAsync(newest, CancellationToken.None);
        Assert.Equal(newest, same);
        Assert.Empty(none!);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task Changes_ThatAreTooMany_OrOfAnotherNumbering_AreNotKnown(string provider)
    {
        await using var directory = await TestDirectory.CreateAsync(provider, server);
        var history = directory.Services.GetRequiredService<ChangeHistory>();
        var (seen, _) = await history.ReadSinceAsync(null, CancellationToken.None);

        // As after a backup was restored.
        Assert.Null((await history.ReadSinceAsync(seen + 1, CancellationToken.None)).Since);

        await directory.SaveAsync([.. Enumerable.Range(0, ChangeHistory.Most + 1).Select(object (i) => new Change
        {
            At = directory.Clock.GetUtcNow(), Kind = "user", Subject = $"{Guid.NewGuid()}",
        })]);
        Assert.Null((await history.ReadSinceAsync(seen, CancellationToken.None)).Since);
    }
}
