using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Postern.Directory.Organizations;
using Postern.Login.Accounts;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.Accounts;

/// <summary>Invitations by the API, and what members, strangers and tokens try there.</summary>
public sealed class InvitationApiTests : IAsyncLifetime
{
    private LoginServer _server = null!;
    private Organization _organization = null!;
    private string _access = "";

    private string Path => $"/organizations/{_organization.Id}/invitations";

    public async Task InitializeAsync()
    {
        _server = await LoginServer.StartAsync();
        var owner = await _server.CreateUserAsync("grace@example.com", LoginServer.Password);
        _organization = await _server.AddOrganizationAsync(owner.Id);
        await _server.AddMemberAsync(_organization.Id, _server.User.Id, OrganizationRole.Admin);
        _access = (await _server.LogInAsync()).Text("access_token");
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Invitation_IsMadeListedSentAgainAndWithdrawn()
    {
        var made = await SendAsync(HttpMethod.Post, Path, new { email = "new@example.com", permissions = new[] { "member" }, state = "accepted", id = Guid.NewGuid() });
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        var json = await made.JsonAsync();
        Assert.Equal(("new@example.com", "pending"), (json.Text("email"), json.Text("state")));
        Assert.StartsWith(LoginServer.Issuer + "/invitation?token=pin_", json.Text("link"), StringComparison.Ordinal); // This server sends no mail.

        var list = await (await SendAsync(HttpMethod.Get, Path)).Content.ReadFromJsonAsync<JsonArray>();
        Assert.Equal(json.Text("id"), Assert.Single(list!)!["id"]!.GetValue<string>());
        Assert.Null(list![0]!["link"]);

        var again = new { email = "NEW@example.com", permissions = new[] { "member" } };
        Assert.Equal(HttpStatusCode.Conflict, (await SendAsync(HttpMethod.Post, Path, again)).StatusCode);
        var forced = await SendAsync(HttpMethod.Post, Path, new { again.email, again.permissions, force = true });
        Assert.Equal(json.Text("id"), (await forced.JsonAsync()).Text("id"));
        Assert.Equal(HttpStatusCode.NoContent, (await SendAsync(HttpMethod.Delete, $"{Path}/{json.Text("id")}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(HttpMethod.Delete, $"{Path}/{json.Text("id")}")).StatusCode);
        Assert.NotNull((await _server.QueryAsync(c => c.Invitations.SingleAsync())).RevokedAt);
        Assert.Equal(
            ["invitation.sent", "invitation.sent", "invitation.revoked"],
            await _server.QueryAsync(c => c.AuditEvents.Where(e => e.Action.StartsWith("invitation.")).OrderBy(e => e.Id).Select(e => e.Action).ToListAsync()));
    }

    [Theory]
    [InlineData("{\"email\": \"new@example.com\"}")]
    [InlineData("{\"email\": \"new@example.com\", \"permissions\": [\"admin\", \"member\"]}")]
    [InlineData("{\"email\": \"new@example.com\", \"permissions\": [\"root\"]}")]
    [InlineData("{\"email\": \"nonsense\", \"permissions\": [\"member\"]}")]
    [InlineData("{\"email\": \"grace@example.com\", \"permissions\": [\"member\"]}")]
    [InlineData("{\"email\": 1}")]
    [InlineData("[]")]
    [InlineData("")]
    public async Task MalformedWish_IsRefused(string body)
    {
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        Assert.Equal(HttpStatusCode.BadRequest, (await SendAsync(HttpMethod.Post, Path, content)).StatusCode);
        Assert.Equal(0, await _server.QueryAsync(c => c.Invitations.CountAsync()));
    }

    [Fact]
    public async Task Administrator_MakesNoOwners()
    {
        var response = await SendAsync(HttpMethod.Post, Path, new { email = "new@example.com", permissions = new[] { "owner" } });
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Equal(0, await _server.QueryAsync(c => c.Invitations.CountAsync()));
    }

    [Theory]
    [InlineData(OrganizationRole.Member, HttpStatusCode.Forbidden)]
    [InlineData(null, HttpStatusCode.NotFound)]
    public async Task MembersAndStrangers_InviteNobodyAndSeeNothing(OrganizationRole? role, HttpStatusCode status)
    {
        var made = await (await SendAsync(HttpMethod.Post, Path, new { email = "new@example.com", permissions = new[] { "member" } })).JsonAsync();
        await _server.QueryAsync(async c =>
        {
            var place = await c.OrganizationMembers.SingleAsync(m => m.UserId == _server.User.Id);
            if (role is null)
            {
                c.Remove(place);
            }
            else
            {
                place.Role = role.Value;
            }

            return await c.SaveChangesAsync();
        });
        Assert.Equal(status, (await SendAsync(HttpMethod.Get, Path)).StatusCode);
        Assert.Equal(status, (await SendAsync(HttpMethod.Post, Path, new { email = "two@example.com", permissions = new[] { "member" } })).StatusCode);
        Assert.Equal(status, (await SendAsync(HttpMethod.Delete, $"{Path}/{made.Text("id")}")).StatusCode);
        Assert.Null((await _server.QueryAsync(c => c.Invitations.SingleAsync())).RevokedAt);
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(HttpMethod.Get, Path, access: "")).StatusCode);
    }

    [Fact]
    public async Task Inviting_NeedsARecentSignIn_AndMfaWhereTheOrganizationAsksForIt()
    {
        var tokens = await _server.LogInAsync();
        _server.Clock.Advance(TimeSpan.FromMinutes(16));
        var old = (await (await _server.RefreshAsync(tokens.Text("refresh_token"))).JsonAsync()).Text("access_token");
        var wish = new { email = "new@example.com", permissions = new[] { "member" } };
        var refused = await SendAsync(HttpMethod.Post, Path, wish, old);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Contains("max_age=\"900\"", refused.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Get, Path, access: old)).StatusCode);

        await _server.QueryAsync(async c =>
        {
            (await c.Organizations.SingleAsync()).RequiresMfa = true;
            return await c.SaveChangesAsync();
        });
        var without = await SendAsync(HttpMethod.Get, Path, access: old);
        Assert.Equal(HttpStatusCode.Unauthorized, without.StatusCode);
        Assert.Contains("amr=\"mfa\"", without.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, await _server.QueryAsync(c => c.Invitations.CountAsync()));
    }

    [Fact]
    public async Task ReadOnlyToken_InvitesNobodyAndSeesNothing()
    {
        var secret = (await _server.Services.GetRequiredService<ApiTokenService>().CreateAsync(
            new NewApiToken { UserId = _server.User.Id, Name = "ci", IsReadOnly = true, Actor = "test" }, CancellationToken.None)).Secret;
        var token = (await (await _server.TokenAsync(("grant_type", "api_token"), ("api_token", secret), ("client_id", "postern-cli"))).JsonAsync()).Text("access_token");
        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(HttpMethod.Get, Path, access: token)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(HttpMethod.Post, Path, new { email = "x@example.com", permissions = new[] { "member" } }, token)).StatusCode);
    }

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, string url, object? body = null, string? access = null) =>
        _server.CallAsync(method, url, access ?? _access, body);
}
