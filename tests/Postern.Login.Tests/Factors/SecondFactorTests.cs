using System.Net;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.Factors;
using Postern.Directory.Storage;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.Factors;

/// <summary>The step after the password, and what attackers make of it.</summary>
[Collection(DatabaseCollection.Name)]
public sealed class SecondFactorTests(PostgreSqlServer postgreSql) : IAsyncLifetime
{
    private LoginServer _server = null!;
    private byte[] _secret = null!;
    private IReadOnlyList<string> _codes = null!;

    public async Task InitializeAsync()
    {
        _server = await LoginServer.StartAsync();
        (_secret, _codes) = await (await _server.SignedInAsync()).AddAuthenticatorAsync(_server);
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData(DirectoryOptions.Sqlite)]
    [InlineData(DirectoryOptions.PostgreSql)]
    public async Task PasswordAndCode_SignIn_AndTheSessionHasBoth(string provider)
    {
        await using var server = await LoginServer.StartAsync(provider, postgreSql);
        var (secret, _) = await (await server.SignedInAsync()).AddAuthenticatorAsync(server);
        var response = await server.Browser().SignInWithCodeAsync(Totp.CodeAt(secret, server.Clock.GetUtcNow()));
        Assert.Equal("/account", response.Headers.Location!.OriginalString);
        var amr = await server.QueryAsync(c => c.Sessions.Where(s => s.RevokedAt == null).Select(s => s.Amr).ToListAsync());
        Assert.Equal(["pwd otp mfa", "pwd otp mfa"], amr); // The one that set it up, and this one.
    }

    [Fact]
    public async Task PasswordAlone_OpensNothing()
    {
        var browser = _server.Browser();
        var response = await browser.SignInAsync();
        Assert.Equal("/login/factor?return_url=%2Faccount", response.Headers.Location!.OriginalString);
        Assert.Equal(HttpStatusCode.SeeOther, (await browser.GetAsync("/account")).StatusCode);
        Assert.Equal("", browser.Cookie("__Host-postern-session"));
        var pending = browser.Cookie("__Host-postern-sign-in");
        Assert.NotEqual("", pending);
        var thief = _server.Browser();
        thief.SetCookie("__Host-postern-session", pending); // The one cookie does not pass for the other.
        Assert.Equal(HttpStatusCode.SeeOther, (await thief.GetAsync("/account")).StatusCode);
    }

    [Fact]
    public async Task SecondFactorPage_WithoutThePassword_LeadsBackToIt()
    {
        var browser = _server.Browser();
        Assert.StartsWith("/login?", (await browser.GetAsync("/login/factor")).Headers.Location!.OriginalString, StringComparison.Ordinal);
        var response = await browser.SubmitFormAsync("/login", "/login/passkey");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        var token = FactorCalls.FieldOf(await browser.PageAsync("/login"), "/login", "form_token");
        var direct = await browser.PostAsync("/login/factor", ("form_token", token), ("method", "code"), ("code", Code()));
        Assert.StartsWith("/login?", direct.Headers.Location!.OriginalString, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.SeeOther, (await browser.GetAsync("/account")).StatusCode);
    }

    [Fact]
    public async Task Code_Replayed_IsRefused()
    {
        Assert.Equal(HttpStatusCode.SeeOther, (await _server.Browser().SignInWithCodeAsync(Code())).StatusCode);
        var again = await _server.Browser().SignInWithCodeAsync(Code());
        Assert.Equal(HttpStatusCode.UnprocessableEntity, again.StatusCode);
        Assert.Contains("That code was used already.", await again.TextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task CodeOfTheSetup_DoesNotSignIn()
    {
        await using var server = await LoginServer.StartAsync();
        var browser = await server.SignedInAsync();
        var page = await browser.PageAsync(FactorCalls.AuthenticatorPage);
        var code = Totp.CodeAt(FactorCalls.SecretOf(page), server.Clock.GetUtcNow());
        await browser.PostFormAsync(page, FactorCalls.AuthenticatorPage, ("code", code));
        Assert.Contains("used already", await (await server.Browser().SignInWithCodeAsync(code)).TextAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("000000")]
    [InlineData("12345")]
    [InlineData("")]
    [InlineData("codecode")]
    public async Task WrongCode_IsExplained(string code)
    {
        var response = await _server.Browser().SignInWithCodeAsync(code);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Contains("The code is not right.", await response.TextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task CodeOfAnotherAccount_IsWrong()
    {
        await _server.CreateUserAsync("eve@example.com", LoginServer.Password);
        var eve = _server.Browser();
        await eve.SignInAsync("eve@example.com");
        var (secret, _) = await eve.AddAuthenticatorAsync(_server);
        var code = Totp.CodeAt(secret, _server.Clock.GetUtcNow());
        Assert.Contains("not right", await (await _server.Browser().SignInWithCodeAsync(code)).TextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TenThousandTries_LookAtAHandfulOfCodes()
    {
        // By somebody who has the password and any number of addresses, as fast as they can, each in a new sign-in.
        var looked = 0;
        for (var i = 0; i < 10_000 && looked < 100; i += 100)
        {
            var browser = _server.Browser();
            browser.Address = $"198.51.{i / 25_600}.{i / 100 % 256}";
            await browser.SignInAsync();
            var page = await browser.PageAsync("/login/factor");
            for (var j = 0; j < 5; j++)
            {
                var response = await browser.PostFormAsync(page, "/login/factor", ("method", "code"), ("code", "000000"));
                looked += response.StatusCode == HttpStatusCode.UnprocessableEntity ? 1 : 0;
            }

            _server.Clock.Advance(TimeSpan.FromMinutes(15)); // And patiently: a whole day of it.
            if (i == 9_500)
            {
                break;
            }
        }

        Assert.InRange(looked, 1, 35); // 5 at once, and 5 after 15 min, 30 min, 1, 2, 4 and 8 hours.
        Assert.Contains("Too many codes were wrong.", await (await _server.Browser().SignInWithCodeAsync("000000")).TextAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(DirectoryOptions.Sqlite)]
    [InlineData(DirectoryOptions.PostgreSql)]
    public async Task RecoveryCode_SignsInOnce(string provider)
    {
        await using var server = await LoginServer.StartAsync(provider, postgreSql);
        var (_, codes) = await (await server.SignedInAsync()).AddAuthenticatorAsync(server);
        Assert.Equal(10, codes.Count);
        Assert.Equal("/account", (await server.Browser().SignInWithCodeAsync(codes[3], "recovery")).Headers.Location!.OriginalString);
        var again = await server.Browser().SignInWithCodeAsync(codes[3], "recovery");
        Assert.Contains("That recovery code was used already", await again.TextAsync(), StringComparison.Ordinal);
        Assert.Equal(9, await server.QueryAsync(c => c.RecoveryCodes.CountAsync(r => r.UsedAt == null)));
        Assert.Contains("account.recovery_code.used", await server.QueryAsync(c => c.AuditEvents.Select(e => e.Action).ToListAsync()));
    }

    [Theory]
    [InlineData(DirectoryOptions.Sqlite)]
    [InlineData(DirectoryOptions.PostgreSql)]
    public async Task RecoveryCode_UsedByManyAtOnce_SignsInOne(string provider)
    {
        await using var server = await LoginServer.StartAsync(provider, postgreSql);
        var (_, codes) = await (await server.SignedInAsync()).AddAuthenticatorAsync(server);
        var browsers = new List<(Browser Browser, string Page)>();
        for (var i = 0; i < 4; i++)
        {
            var browser = server.Browser();
            await browser.SignInAsync();
            browsers.Add((browser, await browser.PageAsync("/login/factor?method=recovery")));
        }

        var responses = await Task.WhenAll(browsers.Select(b => Task.Run(() =>
            b.Browser.PostFormAsync(b.Page, "/login/factor", ("method", "recovery"), ("code", codes[0])))));
        Assert.Single(responses, r => r.StatusCode == HttpStatusCode.SeeOther);
    }

    [Fact]
    public async Task RecoveryCodes_AreStoredAsHashesOnly()
    {
        var stored = await _server.QueryAsync(c => c.RecoveryCodes.Select(r => r.CodeHash).ToListAsync());
        Assert.All(stored, hash => Assert.Matches("^[0-9a-f]{64}$", hash));
        var secret = await _server.QueryAsync(c => c.AuthenticatorApps.Select(a => a.ProtectedSecret).SingleAsync());
        Assert.Equal(-1, secret.AsSpan().IndexOf(_secret));
        Assert.DoesNotContain(_codes, code => stored.Contains(code));
    }

    [Fact]
    public async Task Password_ThatWasChangedMeanwhile_VoidsTheStepBefore()
    {
        var browser = _server.Browser();
        await browser.SignInAsync();
        var page = await browser.PageAsync("/login/factor");
        await _server.WithAccountsAsync(a => a.SetPasswordAsync(LoginServer.Email, "a whole new password", confirms: false, CancellationToken.None));
        var response = await browser.PostFormAsync(page, "/login/factor", ("method", "code"), ("code", Code()));
        Assert.StartsWith("/login?", response.Headers.Location!.OriginalString, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Account_DisabledMeanwhile_DoesNotGetIn()
    {
        var browser = _server.Browser();
        await browser.SignInAsync();
        var page = await browser.PageAsync("/login/factor");
        await _server.WithAccountsAsync(a => a.SetDisabledAsync(LoginServer.Email, true, CancellationToken.None));
        var response = await browser.PostFormAsync(page, "/login/factor", ("method", "code"), ("code", Code()));
        Assert.StartsWith("/login?", response.Headers.Location!.OriginalString, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StepAfterThePassword_WaitsTenMinutesAtMost()
    {
        var browser = _server.Browser();
        await browser.SignInAsync();
        _server.Clock.Advance(TimeSpan.FromMinutes(10) + TimeSpan.FromSeconds(1));
        Assert.StartsWith("/login?", (await browser.GetAsync("/login/factor")).Headers.Location!.OriginalString, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SigningInWithBoth_MakesANewSession_AndEndsTheOneBefore()
    {
        var browser = _server.Browser();
        await browser.SignInWithCodeAsync(Code());
        var fixedSession = browser.Cookie("__Host-postern-session");
        _server.Clock.Advance(Totp.Step);
        var victim = _server.Browser();
        victim.SetCookie("__Host-postern-session", fixedSession);
        Assert.Equal(HttpStatusCode.SeeOther, (await victim.SignInWithCodeAsync(Code())).StatusCode);
        Assert.NotEqual(fixedSession, victim.Cookie("__Host-postern-session"));
        Assert.Equal(HttpStatusCode.SeeOther, (await browser.GetAsync("/account")).StatusCode); // The attacker's copy is dead.
    }

    [Fact]
    public async Task AccountWithoutFactors_SignsInAsBefore()
    {
        await _server.CreateUserAsync("eve@example.com", LoginServer.Password);
        var browser = _server.Browser();
        Assert.Equal("/account", (await browser.SignInAsync("eve@example.com")).Headers.Location!.OriginalString);
        var session = await _server.QueryAsync(c => c.Sessions.OrderByDescending(s => s.CreatedAt).FirstAsync(s => s.RevokedAt == null));
        Assert.Equal("pwd", session.Amr);
    }

    private string Code() => Totp.CodeAt(_secret, _server.Clock.GetUtcNow());
}
