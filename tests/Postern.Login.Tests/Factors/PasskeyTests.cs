using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.Storage;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.Factors;

/// <summary>Passkeys beside the password and alone, and answers that are not what they should be.</summary>
[Collection(DatabaseCollection.Name)]
public sealed class PasskeyTests(PostgreSqlServer postgreSql) : IAsyncLifetime
{
    private readonly SoftwareAuthenticator _key = new();
    private LoginServer _server = null!;
    private Browser _owner = null!;

    public async Task InitializeAsync()
    {
        _server = await LoginServer.StartAsync();
        _owner = await _server.SignedInAsync();
        Assert.Equal(HttpStatusCode.OK, (await _owner.AddPasskeyAsync(_key)).StatusCode);
        _key.Counter++;
    }

    public async Task DisposeAsync()
    {
        _key.Dispose();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData(DirectoryOptions.Sqlite)]
    [InlineData(DirectoryOptions.PostgreSql)]
    public async Task PasskeyAlone_SignsIn_AndCountsAsTwoFactors(string provider)
    {
        await using var server = await LoginServer.StartAsync(provider, postgreSql);
        using var key = new SoftwareAuthenticator();
        await (await server.SignedInAsync()).AddPasskeyAsync(key);
        key.Counter++;
        var browser = server.Browser();
        Assert.Equal("/account", (await browser.SignInWithPasskeyAsync(key)).Headers.Location!.OriginalString);
        var session = await server.QueryAsync(c => c.Sessions.SingleAsync(s => s.Grant == "passkey"));
        Assert.Equal("hwk mfa", session.Amr);
        var page = await browser.PageAsync(FactorCalls.SecurityPage);
        Assert.Contains("Laptop", page, StringComparison.Ordinal);
        Assert.Contains("Last used just now.", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PasskeyAfterThePassword_SignsIn()
    {
        var browser = _server.Browser();
        await browser.SignInAsync();
        var page = await browser.PageAsync("/login/factor");
        var response = await browser.PostFormAsync(
            page, "/login/factor", ("method", "passkey"), ("credential", _key.Assert(FactorCalls.PasskeyOptions(page))));
        Assert.Equal("/account", response.Headers.Location!.OriginalString);
        Assert.Equal("pwd hwk mfa", await _server.QueryAsync(c => c.Sessions.OrderByDescending(s => s.Id).Where(s => s.RevokedAt == null && s.ConfirmedAt == null).Select(s => s.Amr).SingleAsync()));
    }

    [Theory]
    [InlineData("{0}")]
    [InlineData("{0} ")]
    [InlineData(" {0}")]
    [InlineData("{0}\n")]
    [InlineData("{0}=")]
    public async Task Answer_Replayed_IsRefused_EvenWithoutACounter(string envelope)
    {
        _key.Counter = 0; // As synchronized passkeys have it, so that the counter shows nothing.
        using var still = new SoftwareAuthenticator { Counter = 0 };
        await _owner.AddPasskeyAsync(still, "Phone");
        var browser = _server.Browser();
        var page = await browser.PageAsync("/login");
        var answer = still.Assert(FactorCalls.PasskeyOptions(page));
        Assert.Equal(HttpStatusCode.SeeOther, (await browser.PostFormAsync(page, "/login/passkey", ("credential", answer))).StatusCode);
        var thief = _server.Browser();
        thief.SetCookie("__Host-postern-form", browser.Cookie("__Host-postern-form"));
        var state = string.Format(CultureInfo.InvariantCulture, envelope, FactorCalls.FieldOf(page, "/login/passkey", "passkey_state"));
        var again = await thief.PostFormAsync(page, "/login/passkey", ("credential", answer), ("passkey_state", state));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, again.StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await thief.GetAsync("/account")).StatusCode);
    }

    [Fact]
    public async Task Answer_SentManyTimesAtOnce_SignsInOne()
    {
        using var still = new SoftwareAuthenticator { Counter = 0 };
        await _owner.AddPasskeyAsync(still, "Phone");
        var browser = _server.Browser();
        var page = await browser.PageAsync("/login");
        var answer = still.Assert(FactorCalls.PasskeyOptions(page));
        var responses = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            var twin = _server.Browser();
            twin.SetCookie("__Host-postern-form", browser.Cookie("__Host-postern-form"));
            return await twin.PostFormAsync(page, "/login/passkey", ("credential", answer));
        })));
        Assert.Single(responses, r => r.StatusCode == HttpStatusCode.SeeOther);
    }

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("http://postern.example")]
    [InlineData("https://postern.example:444")]
    [InlineData("https://sub.postern.example")]
    [InlineData("https://postern.example.evil.example")]
    public async Task Answer_OfAnotherOrigin_IsRefused(string origin)
    {
        _key.Origin = origin;
        await AssertRefusedAsync();
    }

    [Fact]
    public async Task Answer_InsideAnothersFrame_IsRefused()
    {
        _key.IsCrossOrigin = true;
        await AssertRefusedAsync();
    }

    [Theory]
    [InlineData("evil.example")]
    [InlineData("example")]
    public async Task Answer_ForAnotherRelyingParty_IsRefused(string relyingParty)
    {
        _key.RelyingParty = relyingParty;
        await AssertRefusedAsync();
    }

    [Fact]
    public async Task Counter_ThatGoesBack_IsRefused()
    {
        _key.Counter = 10;
        Assert.Equal(HttpStatusCode.SeeOther, (await _server.Browser().SignInWithPasskeyAsync(_key)).StatusCode);
        _key.Counter = 9;
        await AssertRefusedAsync();
        _key.Counter = 10;
        await AssertRefusedAsync();
        _key.Counter = 11;
        Assert.Equal(HttpStatusCode.SeeOther, (await _server.Browser().SignInWithPasskeyAsync(_key)).StatusCode);
    }

    [Fact]
    public async Task PersonNotVerified_IsRefused()
    {
        _key.IsUserVerified = false;
        await AssertRefusedAsync();
        using var unverified = new SoftwareAuthenticator { IsUserVerified = false };
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await _owner.AddPasskeyAsync(unverified, "Phone")).StatusCode);
    }

    [Fact]
    public async Task Challenge_OfAnotherPurposeOrTooOld_IsRefused()
    {
        var browser = _server.Browser();
        var page = await browser.PageAsync("/login");
        await browser.SignInAsync();
        var factor = await browser.PageAsync("/login/factor");

        // The challenge of the sign-in page does not serve at the step after a password, nor the other way round.
        var swapped = await browser.PostFormAsync(
            factor, "/login/factor", ("method", "passkey"),
            ("passkey_state", FactorCalls.FieldOf(page, "/login/passkey", "passkey_state")), ("credential", _key.Assert(FactorCalls.PasskeyOptions(page))));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, swapped.StatusCode);
        _key.Counter++;
        _server.Clock.Advance(TimeSpan.FromMinutes(5));
        var late = await browser.PostFormAsync(
            factor, "/login/factor", ("method", "passkey"), ("credential", _key.Assert(FactorCalls.PasskeyOptions(factor))));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, late.StatusCode);
    }

    [Fact]
    public async Task PasskeyOfAnotherAccount_IsNoSecondFactor()
    {
        await _server.CreateUserAsync("eve@example.com", LoginServer.Password);
        var eve = _server.Browser();
        await eve.SignInAsync("eve@example.com");
        using var hers = new SoftwareAuthenticator();
        await eve.AddPasskeyAsync(hers);
        hers.Counter++;
        var browser = _server.Browser();
        await browser.SignInAsync();
        var page = await browser.PageAsync("/login/factor");
        var response = await browser.PostFormAsync(
            page, "/login/factor", ("method", "passkey"), ("credential", hers.Assert(FactorCalls.PasskeyOptions(page))));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("not json")]
    [InlineData("""{"id":"AA","rawId":"AA","type":"public-key","clientExtensionResults":{},"response":{}}""")]
    public async Task Garbage_IsRefused(string credential)
    {
        var browser = _server.Browser();
        var page = await browser.PageAsync("/login");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await browser.PostFormAsync(page, "/login/passkey", ("credential", credential))).StatusCode);
        Assert.Equal(
            HttpStatusCode.UnprocessableEntity,
            (await browser.PostFormAsync(page, "/login/passkey", ("passkey_state", credential), ("credential", "{}"))).StatusCode);
    }

    [Fact]
    public async Task Signature_ThatIsChanged_IsRefused()
    {
        var browser = _server.Browser();
        var page = await browser.PageAsync("/login");
        var answer = JsonNode.Parse(_key.Assert(FactorCalls.PasskeyOptions(page)))!;
        var data = answer["response"]!["authenticatorData"]!.GetValue<string>();
        answer["response"]!["authenticatorData"] = data[..^2] + (data[^2] == 'A' ? 'B' : 'A') + data[^1];
        Assert.Equal(
            HttpStatusCode.UnprocessableEntity,
            (await browser.PostFormAsync(page, "/login/passkey", ("credential", answer.ToJsonString()))).StatusCode);
    }

    [Fact]
    public async Task Removed_SignsInNoMore_AndDisabledAccountsDoNotEither()
    {
        await _server.WithAccountsAsync(a => a.SetDisabledAsync(LoginServer.Email, true, CancellationToken.None));
        Assert.Contains("disabled", await (await _server.Browser().SignInWithPasskeyAsync(_key)).TextAsync(), StringComparison.Ordinal);
        await _server.WithAccountsAsync(a => a.SetDisabledAsync(LoginServer.Email, false, CancellationToken.None));
        _key.Counter++;
        var owner = _server.Browser();
        Assert.Equal(HttpStatusCode.SeeOther, (await owner.SignInWithPasskeyAsync(_key)).StatusCode);
        var removal = $"/account/security/passkeys/{_key.Id}/remove";
        Assert.Equal("/account/security?done=passkey-removed", (await owner.SubmitFormAsync(removal, removal)).Headers.Location!.OriginalString);
        _key.Counter++;
        await AssertRefusedAsync();
        Assert.Equal("/account", (await _server.Browser().SignInAsync()).Headers.Location!.OriginalString); // The password alone again.
    }

    [Fact]
    public async Task SamePasskey_IsNotAddedToASecondAccount()
    {
        await _server.CreateUserAsync("eve@example.com", LoginServer.Password);
        var eve = _server.Browser();
        await eve.SignInAsync("eve@example.com");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await eve.AddPasskeyAsync(_key)).StatusCode);
    }

    [Fact]
    public async Task ByAnAddress_PasskeysAreNotOffered()
    {
        await using var server = await LoginServer.StartAsync(new LoginOptions { Issuer = "http://127.0.0.1:8080" });
        Assert.DoesNotContain("passkey", await server.Browser().PageAsync("/login"), StringComparison.OrdinalIgnoreCase);
    }

    private async Task AssertRefusedAsync()
    {
        var response = await _server.Browser().SignInWithPasskeyAsync(_key);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Contains("This passkey was not accepted.", await response.TextAsync(), StringComparison.Ordinal);
    }
}
