using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Postern.Api.Tests.Testing;

namespace Postern.Api.Tests;

/// <summary>An access token from a stolen laptop, or a log: what outlives its session, or gives rights, needs a new sign-in.</summary>
public sealed class RecentSignInTests(ApiHost host) : IClassFixture<ApiHost>
{
    private static readonly string Old = $"auth_time={DateTimeOffset.UtcNow.AddMinutes(-16).ToUnixTimeSeconds()}";

    public static TheoryData<string, string> Doors() => new()
    {
        { "POST", "/ssh_keys" },
        { "POST", "/v1/ssh_keys" },
        { "PATCH", "/organizations/{acme}/members/{member}" },
        { "DELETE", "/organizations/{acme}/members/{member}" },
        { "POST", "/organizations/{acme}/machines" },
    };

    [Theory]
    [MemberData(nameof(Doors))]
    public async Task Door_AsksForARecentSignIn(string method, string path)
    {
        var before = await StateAsync();
        using var response = await SendAsync(method, path, "owner", false, Old);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        var header = response.Headers.WwwAuthenticate.ToString();
        Assert.Contains("error=\"insufficient_user_authentication\"", header, StringComparison.Ordinal);
        Assert.Contains("max_age=\"900\"", header, StringComparison.Ordinal);
        Assert.DoesNotContain("amr=", header, StringComparison.Ordinal);
        var body = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(900, body.GetProperty("max_age").GetInt32());
        Assert.False(body.TryGetProperty("amr", out _));
        Assert.Equal(before, await StateAsync());
    }

    [Theory]
    [MemberData(nameof(Doors))]
    public async Task Door_OfAnAccountWithAFactor_AsksForTheFactor(string method, string path)
    {
        var own = new ApiHost();
        await own.InitializeAsync();
        try
        {
            await using var context = await own.ContextAsync();
            await context.Users.ExecuteUpdateAsync(row => row.SetProperty(u => u.TwoFactorEnabled, true));
            foreach (var (hasMfa, claims) in new[] { (false, (string?)null), (true, Old) })
            {
                using var response = await SendAsync(method, path, "owner", hasMfa, claims, own);
                Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
                Assert.Contains("amr=\"mfa\"", response.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
                Assert.Equal("mfa", (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("amr")[0].GetString());
            }

            using var good = await SendAsync(method, path, "owner", true, null, own);
            Assert.NotEqual(HttpStatusCode.Unauthorized, good.StatusCode);
        }
        finally
        {
            await own.DisposeAsync();
        }
    }

    [Fact]
    public async Task ApiToken_IsNotAskedToSignIn()
    {
        // It is refused for what it sends, and not for the age of a sign-in that it never had.
        using var client = host.Client("owner", claims: Old + ";api_token=11111111-1111-1111-1111-111111111111");
        Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsJsonAsync("/ssh_keys", new { value = "ssh-ed25519 AAAA" })).StatusCode);
    }

    private async Task<HttpResponseMessage> SendAsync(string method, string path, string name, bool hasMfa, string? claims, ApiHost? other = null)
    {
        var asked = other ?? host;
        await using var context = await asked.ContextAsync();
        var acme = await context.Organizations.Where(o => o.Name == "acme").Select(o => o.Id).SingleAsync();
        var url = path.Replace("{acme}", acme, StringComparison.Ordinal)
            .Replace("{member}", asked.UserId("member").ToString(), StringComparison.Ordinal);
        using var client = asked.Client(name, hasMfa, claims);
        using var request = new HttpRequestMessage(new HttpMethod(method), url)
        {
            Content = JsonContent.Create(new { value = "ssh-ed25519 AAAA", permissions = new[] { "admin" } }),
        };
        return await client.SendAsync(request);
    }

    private async Task<(int Keys, int Members)> StateAsync()
    {
        await using var context = await host.ContextAsync();
        return (await context.SshKeys.CountAsync(), await context.OrganizationMembers.CountAsync());
    }
}
