using System.Net;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.Organizations;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.SingleSignOn;

/// <summary>People come from the provider of their organization.</summary>
public sealed class SsoSignInTests : IAsyncLifetime
{
    private LoginServer _server = null!;
    private TestProvider _provider = null!;
    private Organization _acme = null!;

    public async Task InitializeAsync()
    {
        _server = await LoginServer.StartAsync(SsoCalls.Options);
        _provider = await TestProvider.StartAsync(_server.Clock);
        _acme = await _server.AddProviderAsync(_provider);
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        await _provider.DisposeAsync();
    }

    [Fact]
    public async Task FirstSignIn_LinksTheAccountWithTheAddress_LaterOnesFindItBySubject()
    {
        var browser = _server.Browser();
        var response = await browser.SignInAtAsync(_provider);
        Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
        Assert.Equal("/account", response.Headers.Location!.ToString());
        Assert.True(await browser.IsSignedInAsync());
        Assert.Equal("sso:acme", await _server.QueryAsync(c => c.Sessions.Select(s => s.Amr).SingleAsync()));

        // The address may change there, and a name that is on its way to somebody else does not take the account along.
        _provider.Person["email"] = "ada.lovelace@example.com";
        Assert.Equal(HttpStatusCode.SeeOther, (await _server.Browser().SignInAtAsync(_provider)).StatusCode);
        var identity = await _server.QueryAsync(c => c.SsoIdentities.SingleAsync());
        Assert.Equal((_server.User.Id, "sub-ada", _provider.Issuer), (identity.UserId, identity.Subject, identity.Issuer));
        Assert.Equal(LoginServer.Email, await _server.QueryAsync(c => c.Users.Select(u => u.Email).SingleAsync()));
    }

    [Fact]
    public async Task SignInPage_SendsBySingleSignOnOrWithoutAPassword()
    {
        foreach (var fields in new[] { new[] { ("email", LoginServer.Email), ("method", "sso") }, [("email", " Somebody.Else@EXAMPLE.com "), ("password", "")] })
        {
            var response = await _server.Browser().SubmitAsync("/login", "/login", fields);
            Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
            Assert.StartsWith("/login/sso/acme?", response.Headers.Location!.ToString(), StringComparison.Ordinal);
        }

        var link = await _server.Browser().LeaveAsync("/login/sso/acme?email=ada%40example.com");
        Assert.Contains("login_hint=ada@example.com", link, StringComparison.Ordinal);

        // So that the provider says when the person proved who they are.
        Assert.Contains("max_age=2592000", link, StringComparison.Ordinal);
        var unknown = await _server.Browser().SubmitAsync("/login", "/login", ("email", "ada@elsewhere.example"), ("method", "sso"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, unknown.StatusCode);
    }

    [Fact]
    public async Task Client_GetsTheProviderInItsTokens()
    {
        var tokens = await _server.LogInAtAsync(_provider);
        var payload = OAuthCalls.PayloadOf(tokens.Text("access_token"));
        Assert.Equal("""["sso:acme"]""", payload["amr"]!.ToJsonString());
        Assert.Equal(HttpStatusCode.OK, (await _server.WhoAmIAsync(tokens.Text("access_token"))).StatusCode);
    }

    [Theory]
    [InlineData(false, "[\"mfa\"]", null, "sso:acme")]
    [InlineData(true, "[\"pwd\",\"mfa\"]", null, "sso:acme mfa")]
    [InlineData(true, "[\"pwd\"]", null, "sso:acme")]
    [InlineData(true, null, "https://refeds.org/profile/mfa", "sso:acme mfa")]
    [InlineData(true, null, "urn:mace:incommon:iap:silver", "sso:acme")]
    public async Task Mfa_CountsWhenTheProviderSaysSoAndTheOrganizationTrustsIt(bool isTrusted, string? amr, string? acr, string expected)
    {
        await using (var context = await _server.Contexts.CreateDbContextAsync())
        {
            (await context.IdentityProviders.SingleAsync()).IsTrustedForMfa = isTrusted;
            await context.SaveChangesAsync();
        }

        _provider.Lies["amr"] = amr is null ? null : JsonNode.Parse(amr);
        _provider.Lies["acr"] = acr;
        Assert.Equal(HttpStatusCode.SeeOther, (await _server.Browser().SignInAtAsync(_provider)).StatusCode);
        Assert.Equal(expected, await _server.QueryAsync(c => c.Sessions.Select(s => s.Amr).SingleAsync()));
    }

    [Fact]
    public async Task OwnSecondFactor_IsAskedForUnlessTheProvidersCounts()
    {
        await using (var context = await _server.Contexts.CreateDbContextAsync())
        {
            (await context.Users.SingleAsync()).TwoFactorEnabled = true;
            await context.SaveChangesAsync();
        }

        var browser = _server.Browser();
        var response = await browser.SignInAtAsync(_provider);
        Assert.StartsWith("/login/factor", response.Headers.Location!.ToString(), StringComparison.Ordinal);
        Assert.False(await browser.IsSignedInAsync());
    }

    [Fact]
    public async Task UserInfo_GivesWhatTheIdTokenLacks()
    {
        _provider.Lies["email"] = null;
        _provider.Lies["email_verified"] = null;
        _provider.UserInfo = new JsonObject { ["sub"] = "sub-ada", ["email"] = LoginServer.Email, ["email_verified"] = true };
        Assert.True((await _server.Browser().SignInAtAsync(_provider)).Headers.Location is not null);

        _provider.UserInfo["sub"] = "sub-of-another";
        var browser = _server.Browser();
        Assert.Equal(HttpStatusCode.BadGateway, (await browser.SignInAtAsync(_provider)).StatusCode);
        Assert.False(await browser.IsSignedInAsync());
    }

    [Fact]
    public async Task NewPerson_NeedsAnInvitationUnlessTheProviderMayMakePeople()
    {
        _provider.Person["sub"] = "sub-new";
        _provider.Person["email"] = "new@example.com";
        Assert.Equal(HttpStatusCode.Forbidden, (await _server.Browser().SignInAtAsync(_provider)).StatusCode);

        var now = _server.Clock.GetUtcNow();
        await _server.QueryAsync(c =>
        {
            c.Add(new Invitation
            {
                Id = Guid.NewGuid(),
                OrganizationId = _acme.Id,
                Email = "new@example.com",
                NormalizedEmail = "NEW@EXAMPLE.COM",
                Role = OrganizationRole.Admin,
                InvitedBy = _server.User.Id,
                CreatedAt = now,
                SentAt = now,
                ExpiresAt = now.AddDays(1),
            });
            return c.SaveChangesAsync();
        });

        // Of somebody who may not invite any more it is worth nothing, by this way neither.
        await _server.QueryAsync(c => c.Invitations.ExecuteUpdateAsync(row => row.SetProperty(i => i.InvitedBy, Guid.NewGuid())));
        Assert.Equal(HttpStatusCode.Forbidden, (await _server.Browser().SignInAtAsync(_provider)).StatusCode);
        await _server.QueryAsync(c => c.Invitations.ExecuteUpdateAsync(row => row.SetProperty(i => i.InvitedBy, _server.User.Id)));
        Assert.Equal(HttpStatusCode.SeeOther, (await _server.Browser().SignInAtAsync(_provider)).StatusCode);
        var made = await _server.QueryAsync(c => c.Users.SingleAsync(u => u.Email == "new@example.com"));
        Assert.True(made.EmailConfirmed);
        Assert.Null(made.PasswordHash);
        Assert.Equal(OrganizationRole.Admin, await _server.QueryAsync(c => c.OrganizationMembers.Where(m => m.UserId == made.Id).Select(m => m.Role).SingleAsync()));
        Assert.NotNull(await _server.QueryAsync(c => c.Invitations.Select(i => i.AcceptedAt).SingleAsync()));

        await using (var context = await _server.Contexts.CreateDbContextAsync())
        {
            (await context.IdentityProviders.SingleAsync()).CreatesPeople = true;
            await context.SaveChangesAsync();
        }

        _provider.Person["sub"] = "sub-third";
        _provider.Person["email"] = "third@example.com";
        Assert.Equal(HttpStatusCode.SeeOther, (await _server.Browser().SignInAtAsync(_provider)).StatusCode);
        Assert.Equal(
            OrganizationRole.Member,
            await _server.QueryAsync(c => c.OrganizationMembers.Where(m => c.Users.Any(u => u.Id == m.UserId && u.Email == "third@example.com")).Select(m => m.Role).SingleAsync()));
    }

    [Fact]
    public async Task Again_AsksTheProviderAnew_AndHoldsItToThat()
    {
        var browser = _server.Browser();
        await browser.SignInAtAsync(_provider);
        _server.Clock.Advance(TimeSpan.FromHours(2));
        var link = await browser.LeaveAsync("/login/sso/acme?again=1&return_url=%2Faccount%2Fsecurity");
        Assert.Contains("prompt=login", link, StringComparison.Ordinal);
        Assert.Contains("max_age=0", link, StringComparison.Ordinal);
        _provider.Lies["auth_time"] = _server.Clock.GetUtcNow().AddHours(-2).ToUnixTimeSeconds();
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await browser.GetAsync(_provider.AnswerTo(link))).StatusCode);
        _provider.Lies.Clear();
        Assert.Equal("/account/security", (await browser.SignInAtAsync(_provider, "/login/sso/acme?again=1&return_url=%2Faccount%2Fsecurity")).Headers.Location!.ToString());
    }

    [Fact]
    public async Task ProviderThatSaysNoTime_IsNoRecentProof_AndLeadsToAFactorOfOurs()
    {
        _provider.Lies["auth_time"] = null;
        var browser = _server.Browser();
        await _server.QueryAsync(c => c.Users.ExecuteUpdateAsync(row => row.SetProperty(u => u.PasswordHash, (string?)null)));
        await browser.SignInAtAsync(_provider);
        Assert.Equal(DateTimeOffset.UnixEpoch, await AuthTimeAsync());

        // A stolen browser, in which the provider goes on without a question, makes nothing that stays.
        var toConfirm = await browser.SubmitAsync("/account/ssh-keys", "/account/ssh-keys", ("key", Keys.NewLine()));
        Assert.StartsWith("/login/confirm", toConfirm.Headers.Location!.ToString(), StringComparison.Ordinal);
        var toProvider = (await browser.GetAsync(toConfirm.Headers.Location.ToString())).Headers.Location!.ToString();
        var back = (await browser.SignInAtAsync(_provider, toProvider)).Headers.Location!.ToString();
        Assert.Equal("/account/security/new?return_url=%2Faccount%2Fssh-keys%3Fagain%3D1", back);
        await browser.SubmitAsync("/account/ssh-keys", "/account/ssh-keys", ("key", Keys.NewLine()));
        Assert.Equal(0, await _server.QueryAsync(c => c.SshKeys.CountAsync()));

        // The first factor is the one thing that coming from there is enough for, and only for a moment.
        _server.Clock.Advance(TimeSpan.FromMinutes(6));
        Assert.StartsWith("/login/confirm", (await browser.GetAsync("/account/security/authenticator")).Headers.Location!.ToString(), StringComparison.Ordinal);
        Assert.Equal("/account/security/authenticator", (await browser.SignInAtAsync(_provider, "/login/sso/acme?again=1&return_url=%2Faccount%2Fsecurity%2Fauthenticator")).Headers.Location!.ToString());
        var (secret, _) = await browser.AddAuthenticatorAsync(_server);
        Assert.Equal(_server.Clock.GetUtcNow().AddSeconds(-30), await AuthTimeAsync());
        Assert.Equal(HttpStatusCode.SeeOther, (await browser.SubmitAsync("/account/ssh-keys", "/account/ssh-keys", ("key", Keys.NewLine()))).StatusCode);
        Assert.Equal(1, await _server.QueryAsync(c => c.SshKeys.CountAsync()));

        // From then on that factor is asked for wherever the provider cannot answer.
        _server.Clock.Advance(TimeSpan.FromHours(2));
        foreach (var lie in new DateTimeOffset?[] { null, _server.Clock.GetUtcNow().AddHours(-1) })
        {
            _provider.Lies["auth_time"] = lie?.ToUnixTimeSeconds();
            back = (await browser.SignInAtAsync(_provider, "/login/sso/acme?again=1&return_url=%2Fdevice")).Headers.Location!.ToString();
            Assert.Equal("/login/factor?return_url=%2Fdevice", back);
            var done = await browser.SubmitFormAsync(back, "/login/factor", ("method", "code"), ("code", Postern.Directory.Factors.Totp.CodeAt(secret, _server.Clock.GetUtcNow())));
            Assert.Equal("/device", done.Headers.Location!.ToString());
            Assert.Equal(_server.Clock.GetUtcNow(), await AuthTimeAsync());
            _server.Clock.Advance(TimeSpan.FromMinutes(1));
        }
    }

    [Fact]
    public async Task ProviderThatSaysNoTime_IsTooOldForAnyMaxAge()
    {
        _provider.Lies["auth_time"] = null;
        var browser = _server.Browser();
        await browser.SignInAtAsync(_provider);
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync(OAuthCalls.AuthorizeUrl())).StatusCode);
        Assert.StartsWith(
            "/login?return_url=", (await browser.GetAsync(OAuthCalls.AuthorizeUrl(("max_age", "86400")))).Headers.Location!.ToString(), StringComparison.Ordinal);
        Assert.Equal("0", OAuthCalls.PayloadOf((await _server.LogInWithBrowserAsync(browser)).Text("access_token"))["auth_time"]!.ToJsonString());

        // Who has a password that opens the account proves it by that.
        Assert.Contains("Confirm that it is you", await browser.PageAsync("/login/confirm?return_url=%2Faccount%2Fsecurity"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ChangesOfTheAccount_AskForAProofAtTheProvider()
    {
        var browser = _server.Browser();
        await browser.SignInAtAsync(_provider);
        _server.Clock.Advance(TimeSpan.FromMinutes(6));
        var toProof = await browser.GetAsync("/account/security/authenticator");
        Assert.StartsWith("/login/confirm", toProof.Headers.Location!.ToString(), StringComparison.Ordinal);
        var toProvider = (await browser.GetAsync(toProof.Headers.Location.ToString())).Headers.Location!.ToString();
        Assert.StartsWith("/login/sso/acme?", toProvider, StringComparison.Ordinal);
        Assert.Contains("again=1", toProvider, StringComparison.Ordinal);
        Assert.Equal("/account/security/authenticator", (await browser.SignInAtAsync(_provider, toProvider)).Headers.Location!.ToString());
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/account/security/authenticator")).StatusCode);
    }

    private Task<DateTimeOffset> AuthTimeAsync() => _server.QueryAsync(c => c.Sessions.Where(s => s.RevokedAt == null && s.ClientId == "browser").Select(s => s.AuthTime).SingleAsync());

    [Theory]
    [InlineData("sso:nobody")]
    [InlineData("sso:acme sso:other")]
    [InlineData("sso:")]
    [InlineData("sso:Acme")]
    public async Task StepUp_ToWhatThereIsNot_IsRefused(string amr)
    {
        var query = OAuthCalls.QueryOf(await _server.Browser().GetAsync(OAuthCalls.AuthorizeUrl(("amr", amr))));
        Assert.Equal("unmet_authentication_requirements", query["error"]);
    }

    [Fact]
    public async Task StepUp_FromAPassword_GoesToTheProviderAndThenOn()
    {
        var browser = _server.Browser();
        await browser.SignInAsync();
        foreach (var (amr, link) in new[] { ("sso:acme", "/login/sso/acme?"), ("sso:*", "/login/sso?") })
        {
            var response = await browser.GetAsync(OAuthCalls.AuthorizeUrl(("amr", amr)));
            Assert.StartsWith(link, response.Headers.Location!.ToString(), StringComparison.Ordinal);
        }

        var own = await browser.GetAsync("/login/sso?return_url=%2Fdevice");
        Assert.StartsWith("/login/sso/acme?", own.Headers.Location!.ToString(), StringComparison.Ordinal);
    }
}
