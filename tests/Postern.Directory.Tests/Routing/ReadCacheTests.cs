using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Postern.Directory.Changes;
using Postern.Directory.Projects;
using Postern.Directory.Routing;
using Postern.Directory.Tests.Testing;

namespace Postern.Directory.Tests.Routing;

/// <summary>An answer is used again only while the database says that nothing has changed, whoever changed it.</summary>
[Collection(DatabaseCollection.Name)]
public class ReadCacheTests(PostgreSqlServer server)
{
    private static readonly CancellationToken Never = CancellationToken.None;

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task Answer_WithoutAChange_IsTheSameObject(string provider)
    {
        await using var directory = await TestDirectory.CreateAsync(provider, server);
        var project = await SaveProjectAsync(directory);
        var cache = CacheOf(directory);

        var first = await ReadAsync(cache, project.Id);

        Assert.NotNull(first);
        Assert.Same(first, await ReadAsync(cache, project.Id));
    }

    // Another process, another cache: only the database is between them.
    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task Change_OfAnybody_IsSeenByTheNextQuestion(string provider)
    {
        await using var directory = await TestDirectory.CreateAsync(provider, server);
        var project = await SaveProjectAsync(directory);
        var cache = CacheOf(directory);
        for (var round = 0; round < 10; round++)
        {
            Assert.Equal(round == 0 ? "main" : $"{round}", (await ReadAsync(cache, project.Id))!.DefaultBranch);
            await using var context = await directory.Contexts.CreateDbContextAsync();
            (await context.Projects.SingleAsync()).DefaultBranch = $"{round + 1}";
            await context.SaveChangesAsync();
        }

        await using (var context = await directory.Contexts.CreateDbContextAsync())
        {
            context.Remove(await context.Projects.SingleAsync());
            await context.SaveChangesAsync();
        }

        Assert.Null(await ReadAsync(cache, project.Id));
    }

    // Answers of one moment are never older than it, and what was asked for an old one does not serve a new one.
    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task Moment_IsTheOldestThatAnAnswerMayBe(string provider)
    {
        await using var directory = await TestDirectory.CreateAsync(provider, server);
        var project = await SaveProjectAsync(directory);
        var cache = CacheOf(directory);
        var first = await cache.ObserveAsync(Never);
        var main = await ReadAsync(cache, project.Id, moment: first);
        Assert.Equal("main", main!.DefaultBranch);

        await RenameAsync(directory, "second");
        var second = await cache.ObserveAsync(Never);
        Assert.NotEqual(first, second);
        Assert.Same(main, await ReadAsync(cache, project.Id, moment: first));
        Assert.Equal("second", (await ReadAsync(cache, project.Id, moment: second))!.DefaultBranch);

        // What an older moment asks for is read anew, and does not stay for the newer one.
        Assert.Equal("second", (await ReadAsync(cache, project.Id, moment: first))!.DefaultBranch);
        await RenameAsync(directory, "third");
        Assert.Equal("third", (await ReadAsync(cache, project.Id, moment: await cache.ObserveAsync(Never)))!.DefaultBranch);
        Assert.Equal("third", (await ReadAsync(cache, project.Id))!.DefaultBranch);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task NoAnswer_IsNotRemembered(string provider)
    {
        await using var directory = await TestDirectory.CreateAsync(provider, server);
        var cache = CacheOf(directory);
        Assert.Null(await ReadAsync(cache, "nothere"));

        // Without a change on record: what is new takes nothing from anybody.
        var reads = 0;
        for (var i = 0; i < 2; i++)
        {
            await cache.GetAsync<Project>(
                "nothing",
                _ => true,
                (_, _) =>
                {
                    reads++;
                    return Task.FromResult<Project?>(null);
                },
                Moment.Now,
                Never);
        }

        Assert.Equal(2, reads);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task HandInTheDatabase_IsSeenAfterTheMaximumAge(string provider)
    {
        await using var directory = await TestDirectory.CreateAsync(provider, server);
        var project = await SaveProjectAsync(directory);
        var cache = CacheOf(directory);
        Assert.NotNull(await ReadAsync(cache, project.Id));
        await using (var context = await directory.Contexts.CreateDbContextAsync())
        {
            await context.Projects.ExecuteDeleteAsync();
        }

        directory.Clock.Advance(ReadCache.MaximumAge - TimeSpan.FromMilliseconds(1));
        Assert.NotNull(await ReadAsync(cache, project.Id));
        directory.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(await ReadAsync(cache, project.Id));
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task Answer_ThatTimeHasOverrun_IsReadAgain(string provider)
    {
        await using var directory = await TestDirectory.CreateAsync(provider, server);
        var project = await SaveProjectAsync(directory);
        var cache = CacheOf(directory);
        var first = await ReadAsync(cache, project.Id);

        var second = await ReadAsync(cache, project.Id, isUsable: false);

        Assert.NotSame(first, second);
    }

    // A change that is committed between the reading of the number and that of the rows leaves an answer that serves once.
    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task Change_WhileTheAnswerIsRead_MakesItReadAgain(string provider)
    {
        await using var directory = await TestDirectory.CreateAsync(provider, server);
        await SaveProjectAsync(directory);
        var cache = CacheOf(directory);
        var reads = 0;
        for (var i = 0; i < 2; i++)
        {
            await cache.GetAsync<string>(
                "question",
                _ => true,
                async (_, token) =>
                {
                    reads++;
                    await using var other = await directory.Contexts.CreateDbContextAsync(token);
                    (await other.Projects.SingleAsync(token)).DefaultBranch = $"b{reads}";
                    await other.SaveChangesAsync(token);
                    return "answer";
                },
                Moment.Now,
                Never);
        }

        Assert.Equal(2, reads);
    }

    private static ReadCache CacheOf(TestDirectory directory) => new(
        directory.Contexts, directory.Services.GetRequiredService<ChangeNumber>(), directory.Clock);

    private static async Task<Project?> ReadAsync(ReadCache cache, string id, bool isUsable = true, Moment moment = default) =>
        await cache.GetAsync<Project>(
            ("project", id),
            _ => isUsable,
            (context, token) => context.Projects.AsNoTracking().SingleOrDefaultAsync(p => p.Id == id, token),
            moment,
            Never);

    private static async Task RenameAsync(TestDirectory directory, string branch)
    {
        await using var context = await directory.Contexts.CreateDbContextAsync();
        (await context.Projects.SingleAsync()).DefaultBranch = branch;
        await context.SaveChangesAsync();
    }

    private static async Task<Project> SaveProjectAsync(TestDirectory directory)
    {
        var owner = directory.NewUser("owner");
        var organization = directory.NewOrganization(owner);
        var project = directory.NewProject(organization);
        await directory.SaveAsync(owner, organization, project);
        return project;
    }
}
