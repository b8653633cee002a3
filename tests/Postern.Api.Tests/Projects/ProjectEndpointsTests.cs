using System.Net;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Postern.Api.Tests.Testing;

namespace Postern.Api.Tests.Projects;

/// <summary>Runs on both databases.</summary>
public abstract class ProjectEndpointsTests(ApiHost host)
{
    private const string Main = $"/projects/{ApiHost.ProjectId}/environments/main";

    [Fact]
    public async Task Project_HasWhatClientsRead()
    {
        var project = await host.GetAsync("viewer", $"/projects/{ApiHost.ProjectId}");
        Assert.Equal("Shop", project.GetProperty("title").GetString());
        Assert.Equal("main", project.GetProperty("default_branch").GetString());
        Assert.Equal("abcdefghijklm@git.local.postern.test:abcdefghijklm.git", project.GetProperty("repository").GetProperty("url").GetString());
        Assert.False(project.GetProperty("subscription").GetProperty("suspended").GetBoolean());
        Assert.Equal($"/projects/{ApiHost.ProjectId}", project.GetProperty("_links").GetProperty("self").GetProperty("href").GetString());
    }

    [Fact]
    public async Task ForbiddenProject_AnswersLikeAnUnknownOne()
    {
        foreach (var rest in new[] { "", "/environments", "/environments/main", "/environments/main/deployments/current" })
        {
            var forbidden = await host.TryGetAsync("stranger", $"/projects/{ApiHost.ProjectId}{rest}");
            var unknown = await host.TryGetAsync("stranger", $"/projects/nosuchproject{rest}");
            Assert.Equal(HttpStatusCode.NotFound, forbidden.Status);
            Assert.Equal(unknown, forbidden);
            var problem = JsonDocument.Parse(forbidden.Body).RootElement;
            Assert.Equal(404, problem.GetProperty("status").GetInt32());
            Assert.Equal(problem.GetProperty("detail").GetString(), problem.GetProperty("message").GetString());
            Assert.Equal("Not Found", problem.GetProperty("title").GetString());
        }
    }

    [Theory]
    [InlineData(null, "application/json")]
    [InlineData("application/json", "application/json")]
    [InlineData("application/problem+json", "application/problem+json")]
    public async Task Problem_HasTheTypeThatTheClientReads(string? accept, string expected)
    {
        using var client = host.Client("stranger");
        if (accept is not null)
        {
            client.DefaultRequestHeaders.Add("Accept", accept);
        }

        using var response = await client.GetAsync("/projects/nosuchproject");
        Assert.Equal(expected, response.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task Environments_AreAnArray_WithMachineNames()
    {
        var environments = await host.GetAsync("viewer", $"/projects/{ApiHost.ProjectId}/environments");
        Assert.Equal(["empty", "feature/x", "main"], environments.EnumerateArray().Select(e => e.GetProperty("id").GetString()));
        var main = environments[2];
        Assert.Equal("main-bvxea6i", main.GetProperty("machine_name").GetString());
        Assert.Equal("production", main.GetProperty("type").GetString());
        Assert.Equal("active", main.GetProperty("status").GetString());
        Assert.True(main.GetProperty("is_main").GetBoolean());
        Assert.Equal("main-bvxea6i-abcdefghijklm.local.postern.test", main.GetProperty("edge_hostname").GetString());
        Assert.Equal("main", environments[1].GetProperty("parent").GetString());
        Assert.False(environments[0].GetProperty("has_deployment").GetBoolean());
    }

    [Theory]
    [InlineData("feature%2Fx")]
    [InlineData("feature%2fx")]
    public async Task Environment_WithASlash_IsFoundByItsEncodedName(string id)
    {
        var environment = await host.GetAsync("owner", $"/projects/{ApiHost.ProjectId}/environments/{id}");
        Assert.Equal("feature/x", environment.GetProperty("name").GetString());
        Assert.Equal($"/projects/{ApiHost.ProjectId}/environments/feature%2Fx", environment.GetProperty("_links").GetProperty("self").GetProperty("href").GetString());
    }

    [Theory]
    [InlineData("owner", "pf:ssh:admin pf:ssh:app pf:ssh:app--queue pf:ssh:app:0 pf:ssh:app:1")]
    [InlineData("admin", "pf:ssh:admin pf:ssh:app pf:ssh:app--queue pf:ssh:app:0 pf:ssh:app:1")]
    [InlineData("viewer", "pf:ssh:app--queue")]
    [InlineData("developer", "pf:ssh:app--queue")]
    public async Task SshLinks_AreThoseThatTheRoleAllows(string name, string expected)
    {
        var environment = await host.GetAsync(name, Main);
        var links = environment.GetProperty("_links");
        var relations = links.EnumerateObject().Select(l => l.Name).Where(n => n.Contains("ssh", StringComparison.Ordinal));
        Assert.Equal(expected, string.Join(' ', relations.Order(StringComparer.Ordinal)));
    }

    [Fact]
    public async Task SshLinks_LeadToTheGateway()
    {
        var links = (await host.GetAsync("owner", Main)).GetProperty("_links");
        string Href(string relation) => links.GetProperty(relation).GetProperty("href").GetString()!;
        Assert.Equal("ssh://abcdefghijklm-main-bvxea6i--app@ssh.local.postern.test", Href("pf:ssh:app"));
        Assert.Equal("ssh://abcdefghijklm-main-bvxea6i--app--1@ssh.local.postern.test", Href("pf:ssh:app:1"));
        Assert.Equal("ssh://abcdefghijklm-main-bvxea6i--app--queue@ssh.local.postern.test", Href("pf:ssh:app--queue"));
        Assert.Equal(JsonValueKind.Array, links.GetProperty("pf:routes").ValueKind);
        Assert.Equal("https://main-bvxea6i-abcdefghijklm.local.postern.test/", Href("public-url"));
    }

    [Fact]
    public async Task Deployment_ListsContainers_AndNoSecrets()
    {
        using var client = host.Client("viewer");
        var text = await client.GetStringAsync(Main + "/deployments/current");
        Assert.DoesNotContain("hunter2", text, StringComparison.Ordinal);
        var deployment = JsonDocument.Parse(text).RootElement;
        Assert.Equal("current", deployment.GetProperty("id").GetString());
        var app = deployment.GetProperty("webapps").GetProperty("app");
        Assert.Equal("db:postgresql", app.GetProperty("relationships").GetProperty("database").GetString());
        Assert.Equal("contributor", app.GetProperty("access").GetProperty("ssh").GetString());
        Assert.Equal(2, app.GetProperty("instance_count").GetInt32());
        Assert.Equal("local", app.GetProperty("mounts").GetProperty("data").GetProperty("source").GetString());
        var worker = deployment.GetProperty("workers").GetProperty("app--queue");
        Assert.Equal("./work.sh", worker.GetProperty("worker").GetProperty("commands").GetProperty("start").GetString());
        Assert.Equal("postgresql:15", deployment.GetProperty("services").GetProperty("db").GetProperty("type").GetString());
        Assert.Equal("app:http", deployment.GetProperty("routes").EnumerateObject().Single().Value.GetProperty("upstream").GetString());
        Assert.EndsWith("/deployments/current", deployment.GetProperty("_links").GetProperty("self").GetProperty("href").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Deployment_ThatNeverWas_IsNotFound()
    {
        var empty = $"/projects/{ApiHost.ProjectId}/environments/empty";
        Assert.Equal(HttpStatusCode.NotFound, (await host.TryGetAsync("owner", empty + "/deployments/current")).Status);
        Assert.Equal(0, (await host.GetAsync("owner", empty + "/deployments")).GetArrayLength());
    }

    [Theory]
    [InlineData("..")]
    [InlineData("%2e%2e%2f%2e%2e")]
    [InlineData("main'--")]
    [InlineData("MAIN")]
    public async Task Environment_OfAStrangeName_IsNotFound(string id) =>
        Assert.Equal(HttpStatusCode.NotFound, (await host.TryGetAsync("owner", $"/projects/{ApiHost.ProjectId}/environments/{id}/deployments/current")).Status);

    [Fact]
    public async Task Suspension_IsShown_AndTakesTheSshLinksAway()
    {
        await using var own = new DisposableHost();
        await own.Host.InitializeAsync();
        await using (var context = await own.Host.ContextAsync())
        {
            (await context.Projects.SingleAsync(p => p.Id == ApiHost.ProjectId)).IsSuspended = true;
            await context.SaveChangesAsync();
        }

        var project = await own.Host.GetAsync("owner", $"/projects/{ApiHost.ProjectId}");
        Assert.True(project.GetProperty("subscription").GetProperty("suspended").GetBoolean());
        var links = (await own.Host.GetAsync("owner", Main)).GetProperty("_links");
        Assert.DoesNotContain(links.EnumerateObject(), l => l.Name.Contains("ssh", StringComparison.Ordinal));
        var reference = await own.Host.GetAsync("owner", $"/ref/projects?in={ApiHost.ProjectId}");
        Assert.Equal("suspended", reference.GetProperty(ApiHost.ProjectId).GetProperty("status").GetString());
    }

    private sealed class DisposableHost : IAsyncDisposable
    {
        public ApiHost Host { get; } = new();

        public async ValueTask DisposeAsync() => await Host.DisposeAsync();
    }
}

public class SqliteProjectEndpointsTests(ApiHost host) : ProjectEndpointsTests(host), IClassFixture<ApiHost>;

public class PostgreSqlProjectEndpointsTests(PostgreSqlApiHost host) : ProjectEndpointsTests(host), IClassFixture<PostgreSqlApiHost>;
