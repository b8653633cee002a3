using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Postern.Directory.Organizations;
using Postern.Directory.People;
using Postern.Directory.Projects;
using Postern.Login.Accounts;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.Accounts;

/// <summary>API tokens by the API, one's own and a machine's, and what a token may not do to its own account.</summary>
public sealed class ApiTokenEndpointTests : IAsyncLifetime
{
    private LoginServer _server = null!;
    private User _eve = null!;
    private string _access = "";

    private string Own => $"/users/{_server.User.Id}/api-tokens";

    public async Task InitializeAsync()
    {
        _server = await LoginServer.StartAsync();
        _eve = await _server.CreateUserAsync("eve@example.com", "another long password");
        _access = (await _server.LogInAsync()).Text("access_token");
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Token_IsMadeShownWithoutItsSecretAndRevoked()
    {
        var response = await SendAsync(HttpMethod.Post, Own, _access, new { name = "ci", user_id = _eve.Id, mfa_on_creation = true, id = Guid.NewGuid() });
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        var made = await response.JsonAsync();
        Assert.StartsWith("pst_", made.Text("token"), StringComparison.Ordinal);
        Assert.False(made["mfa_on_creation"]!.GetValue<bool>());
        var id = made.Text("id");
        var row = await _server.QueryAsync(c => c.ApiTokens.SingleAsync());
        Assert.Equal((_server.User.Id, Guid.Parse(id)), (row.UserId, row.Id));

        var list = await (await SendAsync(HttpMethod.Get, Own, _access)).Content.ReadFromJsonAsync<JsonArray>();
        Assert.Equal(id, Assert.Single(list!)!["id"]!.GetValue<string>());
        Assert.Null(list![0]!["token"]);
        Assert.Null((await (await SendAsync(HttpMethod.Get, $"{Own}/{id}", _access)).JsonAsync())["token"]);
        Assert.Equal(HttpStatusCode.NoContent, (await SendAsync(HttpMethod.Delete, $"{Own}/{id}", _access)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(HttpMethod.Delete, $"{Own}/{id}", _access)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(HttpMethod.Get, $"{Own}/{id}", _access)).StatusCode);
    }

    [Fact]
    public async Task Token_IsMadeOnlyAfterARecentSignIn_WithTheFactorOfAnAccountThatHasOne()
    {
        var tokens = await _server.LogInAsync();
        _server.Clock.Advance(TimeSpan.FromMinutes(16));
        var refreshed = await (await _server.RefreshAsync(tokens.Text("refresh_token"))).JsonAsync();
        var old = await SendAsync(HttpMethod.Post, Own, refreshed.Text("access_token"), new { name = "ci" });
        Assert.Equal(HttpStatusCode.Unauthorized, old.StatusCode);
        Assert.Contains("max_age=\"900\"", old.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
        Assert.Equal(900, (await old.JsonAsync())["max_age"]!.GetValue<int>());

        // A new sign-in does, until the account has a factor that it did not show.
        var access = (await _server.LogInAsync()).Text("access_token");
        Assert.Equal(HttpStatusCode.Created, (await SendAsync(HttpMethod.Post, Own, access, new { name = "ci" })).StatusCode);
        await _server.QueryAsync(async c =>
        {
            (await c.Users.SingleAsync(u => u.Id == _server.User.Id)).TwoFactorEnabled = true;
            return await c.SaveChangesAsync();
        });
        var without = await SendAsync(HttpMethod.Post, Own, access, new { name = "ci" });
        Assert.Equal(HttpStatusCode.Unauthorized, without.StatusCode);
        Assert.Contains("amr=\"mfa\"", without.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
        Assert.Equal(1, await _server.QueryAsync(c => c.ApiTokens.CountAsync()));
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Get, Own, access)).StatusCode); // Looking needs none.
    }

    [Fact]
    public async Task TokensOfOthers_DoNotExist()
    {
        var created = await CreateAsync(_eve.Id);
        var theirs = $"/users/{_eve.Id}/api-tokens";
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(HttpMethod.Get, theirs, _access)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(HttpMethod.Post, theirs, _access, new { name = "x" })).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(HttpMethod.Delete, $"{theirs}/{created.Token.Id}", _access)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(HttpMethod.Get, $"{Own}/{created.Token.Id}", _access)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(HttpMethod.Delete, $"{Own}/{created.Token.Id}", _access)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(HttpMethod.Get, Own, null)).StatusCode);
        Assert.Null((await _server.QueryAsync(c => c.ApiTokens.SingleAsync())).RevokedAt);
    }

    [Theory]
    [InlineData("{\"name\": \"\"}")]
    [InlineData("{\"name\": 1}")]
    [InlineData("{\"name\": \"x\", \"expires_at\": \"2001-01-01T00:00:00Z\"}")]
    [InlineData("{\"name\": \"x\", \"project\": \"nothing\"}")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{")]
    public async Task BadBody_IsRefused(string body)
    {
        using var client = _server.Client();
        using var request = new HttpRequestMessage(HttpMethod.Post, Own) { Content = new StringContent(body, MediaTypeHeaderValue.Parse("application/json")) };
        request.Headers.Authorization = new("Bearer", _access);
        Assert.Equal(HttpStatusCode.BadRequest, (await client.SendAsync(request)).StatusCode);
        Assert.Equal(0, await _server.QueryAsync(c => c.ApiTokens.CountAsync()));
    }

    [Fact]
    public async Task HundredTokens_AreTheLimit()
    {
        for (var i = 0; i < ApiTokenService.MaximumPerUser; i++)
        {
            await CreateAsync(_server.User.Id);
        }

        var response = await SendAsync(HttpMethod.Post, Own, _access, new { name = "one more" });
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("100", (await response.JsonAsync()).Text("message"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Token_MakesNoOther(bool isReadOnly, bool isForOneProject)
    {
        var project = await NewProjectAsync(_server.User);
        var created = await CreateAsync(_server.User.Id, isForOneProject ? project.Id : null, isReadOnly);
        var access = await AccessOfAsync(created);
        Assert.Equal(HttpStatusCode.OK, (await _server.WhoAmIAsync(access)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(HttpMethod.Post, Own, access, new { name = "x" })).StatusCode);
        var isScoped = isReadOnly || isForOneProject;
        Assert.Equal(
            isScoped ? HttpStatusCode.Forbidden : HttpStatusCode.OK, (await SendAsync(HttpMethod.Get, Own, access)).StatusCode);
        Assert.Equal(
            isScoped ? HttpStatusCode.Forbidden : HttpStatusCode.NoContent,
            (await SendAsync(HttpMethod.Delete, $"{Own}/{created.Token.Id}", access)).StatusCode);
    }

    [Fact]
    public async Task ScopedToken_StillGetsCertificates()
    {
        using var key = Ssh.Keys.Ed25519PrivateKey.Generate();
        var access = await AccessOfAsync(await CreateAsync(_server.User.Id, null, isReadOnly: true));
        var response = await SendAsync(HttpMethod.Post, "/ssh", access, new { key = key.PublicKey.ToAuthorizedKey() });
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task ScopeThatIsNarrowed_CountsAtOnceForTokensThatAreOut()
    {
        var created = await CreateAsync(_server.User.Id);
        var access = await AccessOfAsync(created);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Get, Own, access)).StatusCode);
        await _server.QueryAsync(async c =>
        {
            (await c.ApiTokens.SingleAsync()).IsReadOnly = true;
            return await c.SaveChangesAsync();
        });
        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(HttpMethod.Get, Own, access)).StatusCode);
    }

    [Fact]
    public async Task MachineTokens_AreTheAdministrators()
    {
        var project = await NewProjectAsync(_server.User);
        var (machine, _) = await _server.Services.GetRequiredService<MachineUsers>()
            .CreateAsync(new OrganizationActor(_server.User.Id, false, null), project.OrganizationId, "deploy", CancellationToken.None);
        var path = $"/users/{machine!.Id}/api-tokens";
        var eves = await EvesAccessAsync();

        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(HttpMethod.Post, path, eves, new { name = "x" })).StatusCode);
        await JoinAsync(project.OrganizationId, _eve, OrganizationRole.Member);
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(HttpMethod.Post, path, eves, new { name = "x" })).StatusCode);

        var made = await (await SendAsync(HttpMethod.Post, path, _access, new { name = "ci" })).JsonAsync();
        var token = await _server.QueryAsync(c => c.ApiTokens.SingleAsync());
        Assert.Equal(machine.Id, token.UserId);
        var record = await _server.QueryAsync(c => c.AuditEvents.SingleAsync(e => e.Action == "api_token.created"));
        Assert.Equal(_server.User.Id.ToString(), record.Actor);

        // The machine signs in by it, and by nothing else.
        var access = (await (await _server.TokenAsync(
            ("grant_type", "api_token"), ("api_token", made.Text("token")), ("client_id", "postern-cli"))).JsonAsync()).Text("access_token");
        Assert.Equal(machine.Id.ToString(), await (await _server.WhoAmIAsync(access)).Content.ReadAsStringAsync());
        foreach (var name in new[] { "deploy", "machine:deploy@acme", "" })
        {
            var browser = _server.Browser();
            Assert.NotEqual(HttpStatusCode.SeeOther, (await browser.SignInAsync(name, "")).StatusCode);
            Assert.NotEqual(HttpStatusCode.SeeOther, (await browser.SignInAsync(name, "correct horse battery")).StatusCode);
        }

        await _server.QueryAsync(async c =>
        {
            (await c.Organizations.SingleAsync()).RequiresMfa = true;
            return await c.SaveChangesAsync();
        });
        var refused = await SendAsync(HttpMethod.Get, path, _access);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Contains("error=\"insufficient_user_authentication\"", refused.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
        Assert.Contains("amr=\"mfa\"", refused.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
    }

    private async Task<string> EvesAccessAsync()
    {
        var browser = _server.Browser();
        await browser.SignInAsync("eve@example.com", "another long password");
        var code = (await browser.AllowAsync())["code"];
        return (await (await _server.ExchangeCodeAsync(code)).JsonAsync()).Text("access_token");
    }

    private Task<CreatedApiToken> CreateAsync(Guid userId, string? projectId = null, bool isReadOnly = false) =>
        _server.Services.GetRequiredService<ApiTokenService>().CreateAsync(
            new NewApiToken { UserId = userId, Name = "ci", ProjectId = projectId, IsReadOnly = isReadOnly, Actor = "test" }, CancellationToken.None);

    private async Task<string> AccessOfAsync(CreatedApiToken created) =>
        (await (await _server.TokenAsync(
            ("grant_type", "api_token"), ("api_token", created.Secret), ("client_id", "postern-cli"))).JsonAsync()).Text("access_token");

    private async Task<Project> NewProjectAsync(User owner)
    {
        var now = _server.Clock.GetUtcNow();
        var organization = new Organization
        {
            Id = OrganizationId.Create(_server.Clock),
            Name = "acme",
            Label = "Acme",
            OwnerId = owner.Id,
            CreatedAt = now,
            UpdatedAt = now,
        };
        var project = new Project
        {
            Id = ProjectId.Create(),
            Title = "Shop",
            OrganizationId = organization.Id,
            Region = "local",
            Entropy = ProjectId.CreateEntropy(),
            DefaultBranch = "main",
            CreatedAt = now,
            UpdatedAt = now,
        };
        await _server.QueryAsync(async c =>
        {
            c.Add(organization);
            await c.SaveChangesAsync();
            c.Add(project);
            return await c.SaveChangesAsync();
        });
        return project;
    }

    private Task<int> JoinAsync(string organizationId, User user, OrganizationRole role) => _server.QueryAsync(c =>
    {
        c.Add(new OrganizationMember { OrganizationId = organizationId, UserId = user.Id, Role = role });
        return c.SaveChangesAsync();
    });

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? access, object? body = null) =>
        _server.CallAsync(method, path, access, body);
}
