using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Postern.Directory.Factors;
using Postern.Directory.Storage;
using Postern.Login.Factors;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.Factors;

/// <summary>Setting up, changing and removing factors, and who may.</summary>
[Collection(DatabaseCollection.Name)]
public sealed class SecurityPageTests(PostgreSqlServer postgreSql) : IAsyncLifetime
{
    private LoginServer _server = null!;
    private Browser _browser = null!;

    public async Task InitializeAsync()
    {
        _server = await LoginServer.StartAsync();
        _browser = await _server.SignedInAsync();
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData(DirectoryOptions.Sqlite)]
    [InlineData(DirectoryOptions.PostgreSql)]
    public async Task Factors_AreAddedAndRemoved_AndEachChangeIsRecorded(string provider)
    {
        await using var server = await LoginServer.StartAsync(provider, postgreSql);
        var browser = await server.SignedInAsync();
        Assert.Contains("Only your password protects this account", await browser.PageAsync(FactorCalls.SecurityPage), StringComparison.Ordinal);
        var (_, codes) = await browser.AddAuthenticatorAsync(server);
        Assert.Equal(10, codes.Distinct(StringComparer.Ordinal).Count());
        Assert.True(await server.QueryAsync(c => c.Users.Select(u => u.TwoFactorEnabled).SingleAsync()));
        using var key = new SoftwareAuthenticator();
        Assert.Equal("/account/security?done=passkey", (await browser.AddPasskeyAsync(key, " Blue key ")).Headers.Location!.OriginalString);
        var rename = $"/account/security/passkeys/{key.Id}";
        Assert.Equal(HttpStatusCode.SeeOther, (await browser.SubmitFormAsync(rename, rename, ("name", "Green key"))).StatusCode);
        var page = await browser.PageAsync(FactorCalls.SecurityPage);
        Assert.Contains("Green key", page, StringComparison.Ordinal);
        Assert.Contains("10 left", page, StringComparison.Ordinal);
        await browser.SubmitFormAsync(rename + "/remove", rename + "/remove");
        Assert.True(await server.QueryAsync(c => c.Users.Select(u => u.TwoFactorEnabled).SingleAsync()));
        await browser.SubmitFormAsync(FactorCalls.AuthenticatorPage + "/remove", FactorCalls.AuthenticatorPage + "/remove");
        Assert.False(await server.QueryAsync(c => c.Users.Select(u => u.TwoFactorEnabled).SingleAsync()));
        Assert.Equal(0, await server.QueryAsync(c => c.RecoveryCodes.CountAsync()));
        Assert.Equal(
            [
                "account.authenticator.added", "account.recovery_codes.made", "account.passkey.added", "account.passkey.renamed",
                "account.passkey.removed", "account.authenticator.removed",
            ],
            await server.QueryAsync(c => c.AuditEvents.Where(e => e.Action.StartsWith("account.") && e.Action != "account.created").OrderBy(e => e.Id).Select(e => e.Action).ToListAsync()));
    }

    [Fact]
    public async Task Secret_IsInThePageOnce_AndAWrongCodeTurnsNothingOn()
    {
        var page = await _browser.PageAsync(FactorCalls.AuthenticatorPage);
        var secret = FactorCalls.SecretOf(page);
        Assert.Equal(Totp.SecretSize, secret.Length);
        Assert.NotEqual(secret, FactorCalls.SecretOf(await _browser.PageAsync(FactorCalls.AuthenticatorPage)));
        var wrong = await _browser.PostFormAsync(page, FactorCalls.AuthenticatorPage, ("code", Totp.CodeAt(secret, _server.Clock.GetUtcNow().AddHours(1))));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, wrong.StatusCode);
        Assert.Equal(secret, FactorCalls.SecretOf(await wrong.Content.ReadAsStringAsync())); // The scanned one stays good.
        Assert.False(await _server.QueryAsync(c => c.AuthenticatorApps.AnyAsync()));
    }

    [Fact]
    public async Task SetUp_OfAnotherAccountOrTooOld_IsRefused()
    {
        await _server.CreateUserAsync("eve@example.com", LoginServer.Password);
        var eve = _server.Browser();
        await eve.SignInAsync("eve@example.com");
        var hers = await eve.PageAsync(FactorCalls.AuthenticatorPage);
        var mine = await _browser.PageAsync(FactorCalls.AuthenticatorPage);

        // A secret that somebody else knows must not become mine.
        var response = await _browser.PostFormAsync(
            mine,
            FactorCalls.AuthenticatorPage,
            ("setup_state", FactorCalls.FieldOf(hers, FactorCalls.AuthenticatorPage, "setup_state")),
            ("code", Totp.CodeAt(FactorCalls.SecretOf(hers), _server.Clock.GetUtcNow())));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.False(await _server.QueryAsync(c => c.AuthenticatorApps.AnyAsync()));
    }

    [Theory]
    [InlineData(FactorCalls.AuthenticatorPage)]
    [InlineData(FactorCalls.AddPasskeyPage)]
    [InlineData(FactorCalls.RecoveryPage)]
    [InlineData(FactorCalls.AuthenticatorPage + "/remove")]
    public async Task StaleSession_ChangesNothing_UntilItIsConfirmed(string url)
    {
        var forms = await _browser.PageAsync("/user/logout"); // Any form gives a token.
        _server.Clock.Advance(TimeSpan.FromMinutes(5) + TimeSpan.FromSeconds(1));
        var shown = await _browser.GetAsync(url);
        Assert.Equal("/login/confirm?return_url=" + Uri.EscapeDataString(url), shown.Headers.Location!.OriginalString);
        var posted = await _browser.PostAsync(url, ("form_token", FactorCalls.FieldOf(forms, "/user/logout", "form_token")), ("name", "x"));
        Assert.StartsWith("/login/confirm?", posted.Headers.Location!.OriginalString, StringComparison.Ordinal);

        var wrong = await _browser.SubmitFormAsync(shown.Headers.Location!.OriginalString, "/login/confirm", ("password", "not the password"));
        Assert.Contains("The password is not right.", await wrong.TextAsync(), StringComparison.Ordinal);
        var right = await _browser.SubmitFormAsync(shown.Headers.Location!.OriginalString, "/login/confirm", ("password", LoginServer.Password));
        Assert.Equal(url, right.Headers.Location!.OriginalString);
        Assert.DoesNotContain("/login/confirm", (await _browser.GetAsync(url)).Headers.Location?.OriginalString ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public async Task StaleSession_IsConfirmedWithTheStrongestFactor_NotThePassword()
    {
        var (secret, _) = await _browser.AddAuthenticatorAsync(_server);
        _server.Clock.Advance(TimeSpan.FromMinutes(6));
        var link = (await _browser.GetAsync(FactorCalls.RecoveryPage)).Headers.Location!.OriginalString;
        var page = await _browser.PageAsync(link);
        Assert.DoesNotContain("type=\"password\"", page, StringComparison.Ordinal);
        var byPassword = await _browser.PostFormAsync(page, "/login/confirm", ("method", "password"), ("password", LoginServer.Password));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, byPassword.StatusCode);
        var byCode = await _browser.PostFormAsync(page, "/login/confirm", ("code", Totp.CodeAt(secret, _server.Clock.GetUtcNow())));
        Assert.Equal(FactorCalls.RecoveryPage, byCode.Headers.Location!.OriginalString);
        Assert.Equal(HttpStatusCode.OK, (await _browser.GetAsync(FactorCalls.RecoveryPage)).StatusCode);
    }

    [Fact]
    public async Task SessionFromBeforeTheFactor_ProvesItFirst()
    {
        var other = await _server.SignedInAsync();
        await _server.QueryAsync(c => c.Sessions.ExecuteUpdateAsync(row => row.SetProperty(s => s.ClientId, "kept"))); // Spared by the rule below.
        var browser = await _server.SignedInAsync();
        await browser.AddAuthenticatorAsync(_server);
        await _server.QueryAsync(c => c.Sessions.Where(s => s.ClientId == "kept").ExecuteUpdateAsync(row => row.SetProperty(s => s.ClientId, "browser")));
        Assert.StartsWith("/login/confirm", (await other.GetAsync(FactorCalls.AddPasskeyPage)).Headers.Location!.OriginalString, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NewFactor_SignsOutBrowsersThatKnowOnlyThePassword()
    {
        var elsewhere = await _server.SignedInAsync();
        var before = _browser.Cookie("__Host-postern-session");
        await _browser.AddAuthenticatorAsync(_server);
        Assert.Equal(HttpStatusCode.SeeOther, (await elsewhere.GetAsync("/account")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await _browser.GetAsync("/account")).StatusCode);
        Assert.NotEqual(before, _browser.Cookie("__Host-postern-session")); // It is worth more now, so it has another id.
        var thief = _server.Browser();
        thief.SetCookie("__Host-postern-session", before);
        Assert.Equal(HttpStatusCode.SeeOther, (await thief.GetAsync("/account")).StatusCode);
    }

    [Fact]
    public async Task RemovedFactor_SignsOutEverywhereElse()
    {
        var (secret, _) = await _browser.AddAuthenticatorAsync(_server);
        var elsewhere = _server.Browser();
        await elsewhere.SignInWithCodeAsync(Totp.CodeAt(secret, _server.Clock.GetUtcNow()));
        await _browser.SubmitFormAsync(FactorCalls.AuthenticatorPage + "/remove", FactorCalls.AuthenticatorPage + "/remove");
        Assert.Equal(HttpStatusCode.SeeOther, (await elsewhere.GetAsync("/account")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await _browser.GetAsync("/account")).StatusCode);
    }

    [Theory]
    [InlineData(DirectoryOptions.Sqlite)]
    [InlineData(DirectoryOptions.PostgreSql)]
    public async Task LastFactor_StaysWhileAnOrganizationRequiresIt(string provider)
    {
        await using var server = await LoginServer.StartAsync(provider, postgreSql);
        var browser = await server.SignedInAsync();
        await browser.AddAuthenticatorAsync(server);
        await server.RequireMfaAsync();
        var removal = FactorCalls.AuthenticatorPage + "/remove";
        var refused = await browser.SubmitFormAsync(removal, removal);
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Contains("Acme asks its people for multi-factor authentication, so the last factor stays.", await refused.TextAsync(), StringComparison.Ordinal);
        using var key = new SoftwareAuthenticator();
        await browser.AddPasskeyAsync(key);
        Assert.Equal(HttpStatusCode.SeeOther, (await browser.SubmitFormAsync(removal, removal)).StatusCode);
        var last = $"/account/security/passkeys/{key.Id}/remove";
        Assert.Equal(HttpStatusCode.Conflict, (await browser.SubmitFormAsync(last, last)).StatusCode);
    }

    [Theory]
    [InlineData(DirectoryOptions.Sqlite)]
    [InlineData(DirectoryOptions.PostgreSql)]
    public async Task TwoFactors_RemovedAtOnce_LeaveTheLastOne(string provider)
    {
        await using var server = await LoginServer.StartAsync(provider, postgreSql);
        var browser = await server.SignedInAsync();
        await browser.AddAuthenticatorAsync(server);
        using var key = new SoftwareAuthenticator();
        await browser.AddPasskeyAsync(key);
        await server.RequireMfaAsync();
        var factors = server.Services.GetRequiredService<FactorService>();
        await Task.WhenAll(
            Task.Run(() => factors.RemoveAuthenticatorAsync(server.User.Id, Guid.Empty, CancellationToken.None)),
            Task.Run(() => factors.RemovePasskeyAsync(server.User.Id, Guid.Empty, key.Id, CancellationToken.None)));
        Assert.Equal(1, (await factors.GetStatusAsync(server.User.Id, CancellationToken.None)).Count);
    }

    [Fact]
    public async Task NewRecoveryCodes_VoidTheOldOnes()
    {
        var (_, old) = await _browser.AddAuthenticatorAsync(_server);
        var response = await _browser.SubmitFormAsync(FactorCalls.RecoveryPage, FactorCalls.RecoveryPage);
        var codes = FactorCalls.CodesOf(await response.Content.ReadAsStringAsync());
        Assert.Equal(10, codes.Count);
        Assert.True(response.Headers.CacheControl!.NoStore);
        Assert.Empty(codes.Intersect(old, StringComparer.Ordinal));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await _server.Browser().SignInWithCodeAsync(old[0], "recovery")).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await _server.Browser().SignInWithCodeAsync(codes[0], "recovery")).StatusCode);
        Assert.DoesNotContain(codes[1], await _browser.PageAsync(FactorCalls.SecurityPage), StringComparison.Ordinal);
    }

    [Fact]
    public async Task NobodySignedIn_IsSentToSignInFirst()
    {
        foreach (var url in new[]
        {
            FactorCalls.SecurityPage, FactorCalls.AuthenticatorPage, FactorCalls.AddPasskeyPage, FactorCalls.RecoveryPage,
            FactorCalls.AuthenticatorPage + "/remove", "/account/security/passkeys/AAAA", "/account/security/passkeys/AAAA/remove",
            "/account/security/new", "/login/confirm",
        })
        {
            var response = await _server.Browser().GetAsync(url);
            Assert.StartsWith("/login?return_url=", response.Headers.Location!.OriginalString, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("/login/factor")]
    [InlineData("/login/passkey")]
    [InlineData("/login/confirm")]
    [InlineData(FactorCalls.AuthenticatorPage)]
    [InlineData(FactorCalls.AuthenticatorPage + "/remove")]
    [InlineData(FactorCalls.AddPasskeyPage)]
    [InlineData("/account/security/passkeys/AAAA")]
    [InlineData("/account/security/passkeys/AAAA/remove")]
    [InlineData(FactorCalls.RecoveryPage)]
    public async Task Form_OfAnotherSite_IsRefused(string url)
    {
        (string, string)[] fields = [("name", "x"), ("code", "123456"), ("method", "code"), ("password", LoginServer.Password)];
        var missing = await _browser.PostAsync(url, fields);
        Assert.Equal(HttpStatusCode.BadRequest, missing.StatusCode);
        Assert.Contains("This page is out of date", await missing.TextAsync(), StringComparison.Ordinal);
        var attackers = FactorCalls.FieldOf(await _server.Browser().PageAsync("/login"), "/login", "form_token");
        Assert.Equal(HttpStatusCode.BadRequest, (await _browser.PostAsync(url, [.. fields, ("form_token", attackers)])).StatusCode);
    }

    [Fact]
    public async Task PasskeyOfAnotherAccount_IsNotThere()
    {
        await _server.CreateUserAsync("eve@example.com", LoginServer.Password);
        var eve = _server.Browser();
        await eve.SignInAsync("eve@example.com");
        using var hers = new SoftwareAuthenticator();
        await eve.AddPasskeyAsync(hers);
        Assert.Equal(FactorCalls.SecurityPage, (await _browser.GetAsync($"/account/security/passkeys/{hers.Id}")).Headers.Location!.OriginalString);
        Assert.Equal(FactorCalls.SecurityPage, (await _browser.GetAsync($"/account/security/passkeys/{hers.Id}/remove")).Headers.Location!.OriginalString);
        Assert.Equal(FactorCalls.SecurityPage, (await _browser.GetAsync("/account/security/passkeys/!!!/remove")).Headers.Location!.OriginalString);
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890")]
    [InlineData("two\nlines")]
    public async Task NameOfAPasskey_ThatIsNone_IsRefused(string name)
    {
        using var key = new SoftwareAuthenticator();
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await _browser.AddPasskeyAsync(key, name)).StatusCode);
    }

    [Fact]
    public async Task Passkeys_HaveALimit()
    {
        for (var i = 0; i < LoginLimits.PasskeysPerAccount; i++)
        {
            using var key = new SoftwareAuthenticator();
            Assert.NotEqual(HttpStatusCode.UnprocessableEntity, (await _browser.AddPasskeyAsync(key, $"Key {i}")).StatusCode);
        }

        using var another = new SoftwareAuthenticator();
        Assert.Contains("at most 20", await (await _browser.AddPasskeyAsync(another)).TextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scripts_RunOnlyWhereAPasskeyIsAskedFor()
    {
        var (_, _) = await _browser.AddAuthenticatorAsync(_server);
        foreach (var url in new[] { FactorCalls.SecurityPage, FactorCalls.RecoveryPage, FactorCalls.AuthenticatorPage + "/remove", "/login/confirm" })
        {
            Assert.DoesNotContain("script", Policy(await _browser.GetAsync(url)), StringComparison.Ordinal);
            Assert.DoesNotContain("<script", await _browser.PageAsync(url), StringComparison.Ordinal);
        }

        Assert.EndsWith("; script-src 'self'", Policy(await _browser.GetAsync(FactorCalls.AddPasskeyPage)), StringComparison.Ordinal);
        Assert.EndsWith("; script-src 'self'", Policy(await _browser.GetAsync("/login")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(DirectoryOptions.Sqlite)]
    [InlineData(DirectoryOptions.PostgreSql)]
    public async Task Reset_RemovesAllAndEndsAllSessions(string provider)
    {
        await using var server = await LoginServer.StartAsync(provider, postgreSql);
        var browser = await server.SignedInAsync();
        await browser.AddAuthenticatorAsync(server);
        using var key = new SoftwareAuthenticator();
        await browser.AddPasskeyAsync(key);
        await server.LogInWithBrowserAsync(browser);
        var factors = server.Services.GetRequiredService<FactorService>();
        Assert.True(await factors.ResetAsync("operator", server.User.Id, CancellationToken.None));
        Assert.False(await factors.ResetAsync("operator", Guid.NewGuid(), CancellationToken.None));
        Assert.False((await factors.GetStatusAsync(server.User.Id, CancellationToken.None)).HasFactor);
        Assert.False(await server.QueryAsync(c => c.Sessions.AnyAsync(s => s.RevokedAt == null)));
        Assert.True(await server.QueryAsync(c => c.Changes.AnyAsync(change => change.Kind == "session")));
        Assert.True(await server.QueryAsync(c => c.AuditEvents.AnyAsync(e => e.Action == "account.factors.reset" && e.Actor == "operator")));
        Assert.Equal("/account", (await server.Browser().SignInAsync()).Headers.Location!.OriginalString);
    }

    private static string Policy(HttpResponseMessage response) => response.Headers.GetValues("Content-Security-Policy").Single();
}
