using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.EntityFrameworkCore;
using Microsoft.IdentityModel.Tokens;
using Postern.Directory.People;
using Postern.Login.SingleSignOn;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.SingleSignOn;

/// <summary>
/// Forged, misdirected and replayed answers of providers, and providers that lie. Security 30: any JWT path.
/// </summary>
public sealed class SsoAttackTests : IAsyncLifetime
{
    private LoginServer _server = null!;
    private TestProvider _provider = null!;

    public async Task InitializeAsync()
    {
        _server = await LoginServer.StartAsync(SsoCalls.Options);
        _provider = await TestProvider.StartAsync(_server.Clock);
        await _server.AddProviderAsync(_provider);
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        await _provider.DisposeAsync();
    }

    public static TheoryData<string> Forgeries => ["none", "hs256-public-key", "hs256-secret", "other-key", "other-key-same-id", "unsigned", "garbage", "huge"];

    [Theory]
    [MemberData(nameof(Forgeries))]
    public async Task ForgedSignature_IsRefused(string forgery)
    {
        _provider.Forge = payload => forgery switch
        {
            "none" => $"{Base64UrlEncoder.Encode("""{"alg":"none"}""")}.{Base64UrlEncoder.Encode(payload.ToJsonString())}.",
            "hs256-public-key" => Hmac(payload, Encoding.UTF8.GetBytes(_provider.Key.ECDsa.ExportSubjectPublicKeyInfoPem())),
            "hs256-secret" => Hmac(payload, Encoding.UTF8.GetBytes(TestProvider.Secret)),
            "other-key" => TestProvider.Sign(payload, new SigningCredentials(TestProvider.NewKey("k2"), SecurityAlgorithms.EcdsaSha256)),
            "other-key-same-id" => TestProvider.Sign(payload, new SigningCredentials(TestProvider.NewKey("k1"), SecurityAlgorithms.EcdsaSha256)),
            "unsigned" => TestProvider.Sign(payload, new SigningCredentials(_provider.Key, SecurityAlgorithms.EcdsaSha256))[..^8],
            "huge" => TestProvider.Sign(With(payload, "x", new string('x', SsoLimits.IdToken)), new SigningCredentials(_provider.Key, SecurityAlgorithms.EcdsaSha256)),
            _ => "not.a.token",
        };
        await AssertRefusedAsync(HttpStatusCode.BadGateway);
    }

    [Theory]
    [InlineData("iss", "\"https://evil.example\"")]
    [InlineData("aud", "\"another client\"")]
    [InlineData("aud", "[\"postern at acme\",\"another client\"]")]
    [InlineData("azp", "\"another client\"")]
    [InlineData("nonce", "\"of another sign-in\"")]
    [InlineData("nonce", "null")]
    [InlineData("exp", "-600")]
    [InlineData("exp", "null")]
    [InlineData("iat", "-900")]
    [InlineData("iat", "900")]
    [InlineData("iat", "null")]
    [InlineData("nbf", "900")]
    [InlineData("sub", "null")]
    [InlineData("sub", "\"\"")]
    [InlineData("at_hash", "\"of another token\"")]
    public async Task WrongClaim_IsRefused(string claim, string value)
    {
        var node = JsonNode.Parse(value);
        _provider.Lies[claim] = node is JsonValue number && number.GetValueKind() == System.Text.Json.JsonValueKind.Number
            ? _server.Clock.GetUtcNow().ToUnixTimeSeconds() + number.GetValue<int>()
            : node;
        await AssertRefusedAsync(HttpStatusCode.BadGateway);
    }

    [Theory]
    [InlineData("email_verified", "false")]
    [InlineData("email_verified", "\"no\"")]
    [InlineData("email_verified", "null")]
    [InlineData("email", "\"ada@elsewhere.example\"")]
    [InlineData("email", "\"ada@sub.example.com\"")]
    [InlineData("email", "\"ada@example.com@evil.example\"")]
    [InlineData("email", "\"Ada <ada@example.com>\"")]
    public async Task AddressThatProvesNothing_IsRefused(string claim, string value)
    {
        _provider.Lies[claim] = JsonNode.Parse(value);
        await AssertRefusedAsync(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task VerifiedByEntra_CountsOnlyWithoutTheStandardClaim()
    {
        _provider.Lies["xms_edov"] = true;
        _provider.Lies["email_verified"] = false;
        await AssertRefusedAsync(HttpStatusCode.Forbidden);
        _provider.Lies["email_verified"] = null;
        Assert.Equal(HttpStatusCode.SeeOther, (await _server.Browser().SignInAtAsync(_provider)).StatusCode);
    }

    [Fact]
    public async Task AnswerOfAnotherBrowser_OrWithoutState_IsRefused()
    {
        // The attacker begins, and has the victim's browser bring the attacker's code (login CSRF).
        var attacker = _server.Browser();
        var answer = _provider.AnswerTo(await attacker.LeaveAsync());
        var victim = _server.Browser();
        Assert.Equal(HttpStatusCode.BadRequest, (await victim.GetAsync(answer)).StatusCode);
        await victim.LeaveAsync();
        Assert.Equal(HttpStatusCode.BadRequest, (await victim.GetAsync(answer)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await victim.GetAsync("/login/sso/acme/callback?code=code-1")).StatusCode);
        Assert.False(await victim.IsSignedInAsync());
    }

    [Fact]
    public async Task Answer_IsGoodOnce()
    {
        var browser = _server.Browser();
        var link = await browser.LeaveAsync();
        var cookie = browser.Cookie("__Host-postern-sso");
        Assert.Equal(HttpStatusCode.SeeOther, (await browser.GetAsync(_provider.AnswerTo(link))).StatusCode);
        Assert.Equal("", browser.Cookie("__Host-postern-sso"));

        // Also for who kept the cookie, and has a second code for the same state.
        var thief = _server.Browser();
        thief.SetCookie("__Host-postern-sso", cookie);
        Assert.Equal(HttpStatusCode.BadRequest, (await thief.GetAsync(_provider.AnswerTo(link))).StatusCode);
        Assert.False(await thief.IsSignedInAsync());
    }

    [Fact]
    public async Task LateAnswer_IsRefused()
    {
        var browser = _server.Browser();
        var link = await browser.LeaveAsync();
        _server.Clock.Advance(SsoLimits.Attempt + TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.BadRequest, (await browser.GetAsync(_provider.AnswerTo(link))).StatusCode);
    }

    [Fact]
    public async Task MixUp_BetweenTwoProviders_IsRefused()
    {
        await using var evil = await TestProvider.StartAsync(_server.Clock);
        await _server.AddProviderAsync(evil, "evil", "evil.example");
        var browser = _server.Browser();
        var link = await browser.LeaveAsync();

        // The answer of one provider at the address of the other, and with the other's name.
        Assert.Equal(HttpStatusCode.BadRequest, (await browser.GetAsync(_provider.AnswerTo(link, "evil"))).StatusCode);
        link = await browser.LeaveAsync();
        var answer = _provider.AnswerTo(link);
        Assert.Equal(
            HttpStatusCode.BadGateway,
            (await browser.GetAsync(answer.Replace(Uri.EscapeDataString(_provider.Issuer), Uri.EscapeDataString(evil.Issuer), StringComparison.Ordinal))).StatusCode);

        // Without a name, from a provider that always gives it.
        link = await browser.LeaveAsync();
        answer = _provider.AnswerTo(link);
        Assert.Equal(HttpStatusCode.BadGateway, (await browser.GetAsync(answer[..answer.IndexOf("&iss=", StringComparison.Ordinal)])).StatusCode);
        Assert.DoesNotContain(evil.Requests, request => request.Contains("/token", StringComparison.Ordinal));
        Assert.False(await browser.IsSignedInAsync());
    }

    [Fact]
    public async Task AnotherSubject_DoesNotGetIntoALinkedAccount()
    {
        Assert.Equal(HttpStatusCode.SeeOther, (await _server.Browser().SignInAtAsync(_provider)).StatusCode);
        _provider.Person["sub"] = "sub-of-a-newcomer-with-the-old-address";
        await AssertRefusedAsync(HttpStatusCode.Forbidden);
        Assert.Equal(1, await _server.QueryAsync(c => c.AuditEvents.CountAsync(e => e.Action == "sso.subject.refused")));
    }

    [Fact]
    public async Task AccountMadeBySomebodyWithoutTheMailbox_IsNotLinked()
    {
        var now = _server.Clock.GetUtcNow();
        await _server.QueryAsync(c =>
        {
            c.Add(new User
            {
                Id = Guid.NewGuid(),
                UserName = "victim@example.com",
                NormalizedUserName = "VICTIM@EXAMPLE.COM",
                Email = "victim@example.com",
                NormalizedEmail = "VICTIM@EXAMPLE.COM",
                EmailConfirmed = false,
                SecurityStamp = "x",
                CreatedAt = now,
                UpdatedAt = now,
            });
            return c.SaveChangesAsync();
        });
        _provider.Person["sub"] = "sub-victim";
        _provider.Person["email"] = "victim@example.com";
        await AssertRefusedAsync(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task DisabledAccount_StaysOut()
    {
        await _server.QueryAsync(async c =>
        {
            (await c.Users.SingleAsync()).IsDisabled = true;
            return await c.SaveChangesAsync();
        });
        await AssertRefusedAsync(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task SignIn_GetsANewSessionAndCookie()
    {
        var browser = _server.Browser();
        await browser.SignInAsync();
        var before = browser.Cookie("__Host-postern-session");
        Assert.Equal(HttpStatusCode.SeeOther, (await browser.SignInAtAsync(_provider)).StatusCode);
        Assert.NotEqual(before, browser.Cookie("__Host-postern-session"));
        var thief = _server.Browser();
        thief.SetCookie("__Host-postern-session", before);
        Assert.False(await thief.IsSignedInAsync());
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example/account/")]
    [InlineData("/account/../../evil")]
    [InlineData("/\\evil.example")]
    public async Task ReturnAddress_NeverLeavesUs(string returnUrl)
    {
        var response = await _server.Browser().SignInAtAsync(_provider, "/login/sso/acme?return_url=" + Uri.EscapeDataString(returnUrl));
        Assert.Equal("/account", response.Headers.Location!.ToString());
    }

    [Fact]
    public async Task KeyRollover_IsFollowed_OnceAMinute()
    {
        await _server.Browser().SignInAtAsync(_provider);
        _provider.Key = TestProvider.NewKey("k2");
        _server.Clock.Advance(SsoLimits.KeyRefetch);
        Assert.Equal(HttpStatusCode.SeeOther, (await _server.Browser().SignInAtAsync(_provider)).StatusCode);

        // Tokens with made-up keys do not make us ask each time.
        var asked = _provider.Requests.Count(r => r == "GET /keys");
        for (var i = 0; i < 5; i++)
        {
            var number = i;
            _provider.Forge = payload => TestProvider.Sign(payload, new SigningCredentials(TestProvider.NewKey($"forged-{number}"), SecurityAlgorithms.EcdsaSha256));
            await _server.Browser().SignInAtAsync(_provider);
        }

        Assert.Equal(asked, _provider.Requests.Count(r => r == "GET /keys"));
    }

    [Theory]
    [InlineData("huge")]
    [InlineData("redirect")]
    [InlineData("deep")]
    [InlineData("twice")]
    [InlineData("html")]
    [InlineData("other-issuer")]
    [InlineData("http-endpoint")]
    [InlineData("file-endpoint")]
    [InlineData("no-keys")]
    public async Task BadDiscovery_IsRefused(string fault)
    {
        _provider.ChangeMetadata = document =>
        {
            switch (fault)
            {
                case "huge": document["x"] = new string('x', SsoLimits.Document); break;
                case "other-issuer": document["issuer"] = _provider.Issuer + "/"; break;
                case "http-endpoint": document["authorization_endpoint"] = "http://acme.example/auth"; break;
                case "file-endpoint": document["token_endpoint"] = "file:///etc/passwd"; break;
                case "no-keys": document.Remove("jwks_uri"); break;
            }
        };
        _provider.Intercept = async context =>
        {
            switch (fault)
            {
                case "redirect": context.Response.Redirect("/somewhere-inside"); return true;
                case "deep": await context.Response.WriteAsync(new string('[', 1000) + new string(']', 1000)); return true;
                case "twice": await context.Response.WriteAsync($$"""{"issuer":"{{_provider.Issuer}}","issuer":"https://evil.example"}"""); return true;
                case "html": await context.Response.WriteAsync("<html>"); return true;
                default: return false;
            }
        };
        Assert.Equal(HttpStatusCode.BadGateway, (await _server.Browser().GetAsync("/login/sso/acme")).StatusCode);
        Assert.DoesNotContain(_provider.Requests, request => request.Contains("/somewhere-inside", StringComparison.Ordinal));
    }

    [Fact]
    public async Task RedirectOfTheTokenEndpoint_TakesNoSecretAlong()
    {
        _provider.Intercept = context =>
        {
            if (context.Request.Path != "/token")
            {
                return Task.FromResult(false);
            }

            context.Response.StatusCode = StatusCodes.Status307TemporaryRedirect;
            context.Response.Headers.Location = "/somewhere-inside";
            return Task.FromResult(true);
        };
        await AssertRefusedAsync(HttpStatusCode.BadGateway);
        Assert.DoesNotContain(_provider.Requests, request => request.Contains("/somewhere-inside", StringComparison.Ordinal));
    }

    [Fact]
    public async Task SlowProvider_IsGivenUp()
    {
        var isAsked = new TaskCompletionSource();
        var never = new TaskCompletionSource();
        _provider.Intercept = async context =>
        {
            isAsked.SetResult();
            await never.Task.WaitAsync(context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return true;
        };
        var page = _server.Browser().GetAsync("/login/sso/acme");
        await isAsked.Task;
        _server.Clock.Advance(SsoLimits.Answer);
        Assert.Equal(HttpStatusCode.BadGateway, (await page).StatusCode);
    }

    [Fact]
    public async Task Error_OfTheProvider_IsToldOnlyToWhoBegan_AndNotRepeated()
    {
        var browser = _server.Browser();
        var state = QueryHelpers.ParseQuery(new Uri(await browser.LeaveAsync()).Query)["state"];
        var url = $"/login/sso/acme/callback?error=access_denied&error_description=%3Cscript%3E&state={state}&iss={Uri.EscapeDataString(_provider.Issuer)}";
        Assert.Equal(HttpStatusCode.BadRequest, (await _server.Browser().GetAsync(url)).StatusCode);
        var page = await browser.GetAsync(url);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, page.StatusCode);
        Assert.DoesNotContain("script&gt;", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Secrets_AreInNoLogAndNotReadableInTheDatabase()
    {
        var tokens = await _server.LogInAtAsync(_provider);
        Assert.NotNull(tokens);
        var lines = string.Join('\n', _server.Log.Lines);
        Assert.DoesNotContain(TestProvider.Secret, lines, StringComparison.Ordinal);
        Assert.DoesNotContain(_provider.RefreshToken!, lines, StringComparison.Ordinal);
        var (secret, refresh) = await _server.QueryAsync(async c =>
            ((await c.IdentityProviders.SingleAsync()).ProtectedSecret, (await c.SsoLogins.SingleAsync()).ProtectedRefreshToken!));
        Assert.DoesNotContain(TestProvider.Secret, Encoding.Latin1.GetString(secret), StringComparison.Ordinal);
        Assert.DoesNotContain(_provider.RefreshToken!, Encoding.Latin1.GetString(refresh), StringComparison.Ordinal);
    }

    private async Task AssertRefusedAsync(HttpStatusCode status)
    {
        var browser = _server.Browser();
        var response = await browser.SignInAtAsync(_provider);
        Assert.Equal(status, response.StatusCode);
        Assert.False(await browser.IsSignedInAsync());
    }

    private static string Hmac(JsonObject payload, byte[] key)
    {
        var signed = $"{Base64UrlEncoder.Encode("""{"alg":"HS256","kid":"k1"}""")}.{Base64UrlEncoder.Encode(payload.ToJsonString())}";
        return $"{signed}.{Base64UrlEncoder.Encode(HMACSHA256.HashData(key, Encoding.ASCII.GetBytes(signed)))}";
    }

    private static JsonObject With(JsonObject payload, string name, string value)
    {
        payload[name] = value;
        return payload;
    }
}
