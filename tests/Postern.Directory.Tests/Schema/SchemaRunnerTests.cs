using Microsoft.EntityFrameworkCore;
using Postern.Directory.Schema;
using Postern.Directory.Tests.Testing;

namespace Postern.Directory.Tests.Schema;

[Collection(DatabaseCollection.Name)]
public class SchemaRunnerTests(PostgreSqlServer server)
{
    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task Database_ThatIsUpToDate_IsLeftAlone(string provider)
    {
        await using var directory = await TestDirectory.CreateAsync(provider, server);
        var owner = directory.NewUser("owner");
        await directory.SaveAsync(owner);

        var version = await directory.Schema.RunAsync(CancellationToken.None);

        Assert.Equal(Newest(), version);
        await using var context = await directory.Contexts.CreateDbContextAsync();
        Assert.Equal(owner.Id, (await context.Users.SingleAsync()).Id);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task Database_OfANewerProgram_IsRefused(string provider)
    {
        await using var directory = await TestDirectory.CreateAsync(provider, server);
        await using var context = await directory.Contexts.CreateDbContextAsync();
        await context.Database.ExecuteSqlAsync($"INSERT INTO schema_version (version, name) VALUES (999, 'future')");

        var refusal = await Assert.ThrowsAsync<SchemaException>(() => directory.Schema.RunAsync(CancellationToken.None));

        Assert.Contains("999", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task Script_ReleasedAfterOneWithAGreaterNumber_IsRun(string provider)
    {
        await using var directory = await TestDirectory.CreateAsync(provider, server);
        await using var context = await directory.Contexts.CreateDbContextAsync();
        await context.Database.ExecuteSqlAsync($"DROP TABLE ssh_approvals");
        await context.Database.ExecuteSqlAsync($"DELETE FROM schema_version WHERE version = 4");

        Assert.Equal(Newest(), await directory.Schema.RunAsync(CancellationToken.None));

        Assert.Empty(await context.SshApprovals.ToListAsync());
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task SeveralStarts_AtOnce_AllSucceed(string provider)
    {
        await using var directory = await TestDirectory.CreateWithoutSchemaAsync(provider, server);

        var versions = await Task.WhenAll(Enumerable.Range(0, 4)
            .Select(_ => Task.Run(() => directory.Schema.RunAsync(CancellationToken.None))));

        Assert.All(versions, v => Assert.Equal(Newest(), v));
    }

    [Fact]
    public async Task Sqlite_Commits_AreOnTheDiskBeforeTheyReturn()
    {
        await using var directory = await TestDirectory.CreateAsync("sqlite", server);
        await using var context = await directory.Contexts.CreateDbContextAsync();

        Assert.Equal("wal", await context.Database.SqlQuery<string>($"SELECT journal_mode AS Value FROM pragma_journal_mode").SingleAsync());
        Assert.Equal(2, await context.Database.SqlQuery<int>($"SELECT synchronous AS Value FROM pragma_synchronous").SingleAsync());
        Assert.Equal(1, await context.Database.SqlQuery<int>($"SELECT foreign_keys AS Value FROM pragma_foreign_keys").SingleAsync());
    }

    private static int Newest() => typeof(SchemaRunner).Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith("Schema/Sqlite/", StringComparison.Ordinal))
        .Max(name => int.Parse(Path.GetFileName(name).AsSpan(0, 4), System.Globalization.CultureInfo.InvariantCulture));
}
