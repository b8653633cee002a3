using System.Net;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.Storage;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.OAuth;

/// <summary>Signing in on another device (RFC 8628).</summary>
[Collection(DatabaseCollection.Name)]
public sealed class DeviceCodeTests(PostgreSqlServer postgreSql) : IAsyncLifetime
{
    private LoginServer _server = null!;

    public async Task InitializeAsync() => _server = await LoginServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Device_AllowedByLink_GetsTheSignInOfWhoAllowedIt()
    {
        var begun = await _server.BeginDeviceAsync();
        Assert.Equal((600, 5), (begun["expires_in"]!.GetValue<int>(), begun["interval"]!.GetValue<int>()));
        Assert.Matches("^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$", begun.Text("user_code"));
        Assert.Equal($"https://postern.example/device?user_code={begun.Text("user_code")}", begun.Text("verification_uri_complete"));
        await (await _server.PollDeviceAsync(begun)).AssertErrorAsync(HttpStatusCode.BadRequest, "authorization_pending");

        var browser = _server.Browser();
        await browser.SignInAsync();
        _server.Clock.Advance(TimeSpan.FromSeconds(30));
        var done = await browser.DecideDeviceAsync(begun, "allow");
        Assert.Equal("/device?decision=allow", done.Headers.Location!.OriginalString);
        Assert.Contains("Device allowed", await (await browser.GetAsync("/device?decision=allow")).Content.ReadAsStringAsync(), StringComparison.Ordinal);

        var tokens = await (await _server.PollDeviceAsync(begun)).JsonAsync();
        var payload = OAuthCalls.PayloadOf(tokens.Text("access_token"));
        Assert.Equal("device_code", payload.Text("grant"));
        Assert.Equal(_server.Clock.GetUtcNow().AddSeconds(-30).ToUnixTimeSeconds(), payload["auth_time"]!.GetValue<long>());
        Assert.Equal("[\"pwd\"]", payload["amr"]!.ToJsonString());
        Assert.Equal(HttpStatusCode.OK, (await _server.WhoAmIAsync(tokens.Text("access_token"))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await _server.RefreshAsync(tokens.Text("refresh_token"))).StatusCode);
    }

    [Fact]
    public async Task Device_AllowedByTypedCode_ShowsWhoAsksBefore()
    {
        var begun = await _server.BeginDeviceAsync();
        var browser = _server.Browser();
        browser.Address = "198.51.100.9";
        await browser.SignInAsync();
        _server.Clock.Advance(TimeSpan.FromMinutes(2));
        var typed = begun.Text("user_code").ToLowerInvariant().Replace('-', ' ');
        var page = await (await browser.SubmitAsync("/device", "/device", ("user_code", typed))).Content.ReadAsStringAsync();
        Assert.Contains(begun.Text("user_code"), page, StringComparison.Ordinal);
        Assert.Contains("Sign in to the Postern command line", page, StringComparison.Ordinal);
        Assert.Contains("192.0.2.1", page, StringComparison.Ordinal);
        Assert.Contains("2 minutes ago", page, StringComparison.Ordinal);
        Assert.Contains("This is not the address of this browser (198.51.100.9)", page, StringComparison.Ordinal);
        await (await _server.PollDeviceAsync(begun)).AssertErrorAsync(HttpStatusCode.BadRequest, "authorization_pending");
        var done = await browser.PostAsync("/device", [.. Browser.HiddenFields(page), ("decision", "allow")]);
        Assert.Equal(HttpStatusCode.SeeOther, done.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await _server.PollDeviceAsync(begun)).StatusCode);
    }

    [Fact]
    public async Task Device_Denied_HearsSo()
    {
        var begun = await _server.BeginDeviceAsync();
        var browser = _server.Browser();
        await browser.SignInAsync();
        await browser.DecideDeviceAsync(begun, "deny");
        await (await _server.PollDeviceAsync(begun)).AssertErrorAsync(HttpStatusCode.BadRequest, "access_denied");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await browser.GetAsync($"/device?user_code={begun.Text("user_code")}")).StatusCode);
    }

    [Fact]
    public async Task Device_ThatPollsTooFast_IsToldToSlowDown()
    {
        var begun = await _server.BeginDeviceAsync();
        await (await _server.PollDeviceAsync(begun)).AssertErrorAsync(HttpStatusCode.BadRequest, "authorization_pending");
        _server.Clock.Advance(TimeSpan.FromSeconds(2));
        await (await _server.PollDeviceAsync(begun)).AssertErrorAsync(HttpStatusCode.BadRequest, "slow_down");
        _server.Clock.Advance(TimeSpan.FromSeconds(6));
        await (await _server.PollDeviceAsync(begun)).AssertErrorAsync(HttpStatusCode.BadRequest, "slow_down");
        _server.Clock.Advance(TimeSpan.FromSeconds(15));
        await (await _server.PollDeviceAsync(begun)).AssertErrorAsync(HttpStatusCode.BadRequest, "authorization_pending");
    }

    [Fact]
    public async Task Device_AfterTenMinutes_HasExpired()
    {
        var begun = await _server.BeginDeviceAsync();
        var browser = _server.Browser();
        await browser.SignInAsync();
        _server.Clock.Advance(TimeSpan.FromMinutes(10));
        await (await _server.PollDeviceAsync(begun)).AssertErrorAsync(HttpStatusCode.BadRequest, "expired_token");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await browser.GetAsync($"/device?user_code={begun.Text("user_code")}")).StatusCode);
    }

    [Theory]
    [InlineData(DirectoryOptions.Sqlite)]
    [InlineData(DirectoryOptions.PostgreSql)]
    public async Task DeviceCode_UsedTwice_EndsItsSession(string provider)
    {
        await using var server = await LoginServer.StartAsync(provider, postgreSql);
        var begun = await server.BeginDeviceAsync();
        var browser = server.Browser();
        await browser.SignInAsync();
        await browser.DecideDeviceAsync(begun, "allow");
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => server.PollDeviceAsync(begun)));
        var tokens = await Assert.Single(answers, a => a.StatusCode == HttpStatusCode.OK).JsonAsync();
        Assert.Equal(5, answers.Count(a => a.StatusCode == HttpStatusCode.BadRequest));
        await (await server.PollDeviceAsync(begun)).AssertErrorAsync(HttpStatusCode.BadRequest, "invalid_grant");
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.WhoAmIAsync(tokens.Text("access_token"))).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await server.RefreshAsync(tokens.Text("refresh_token"))).StatusCode);
    }

    [Fact]
    public async Task AskedMaxAge_SendsWhoSignedInLongAgoToSignInAgain()
    {
        var browser = _server.Browser();
        await browser.SignInAsync();
        _server.Clock.Advance(TimeSpan.FromSeconds(30));
        var begun = await _server.BeginDeviceAsync(("max_age", "60"));
        _server.Clock.Advance(TimeSpan.FromSeconds(31));
        var url = $"/device?user_code={begun.Text("user_code")}";
        var answer = await browser.GetAsync(url);
        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        var signIn = answer.Headers.Location!.OriginalString;
        Assert.StartsWith("/login?return_url=%2Fdevice", signIn, StringComparison.Ordinal);
        Assert.Equal(url, (await browser.SignInAsync(page: signIn)).Headers.Location!.OriginalString);
        await browser.DecideDeviceAsync(begun, "allow");
        Assert.Equal(HttpStatusCode.OK, (await _server.PollDeviceAsync(begun)).StatusCode);
    }

    [Theory]
    [InlineData("max_age", "soon", "invalid_request")]
    [InlineData("amr", "sso:nobody", "unmet_authentication_requirements")]
    [InlineData("client_id", "stranger", "invalid_client")]
    [InlineData("client_secret", "x", "invalid_client")]
    public async Task Beginning_WithABadParameter_IsRefused(string name, string value, string error)
    {
        var answer = await _server.PostFormAsync("/oauth2/device_authorization", name == "client_id" ? [(name, value)] : [("client_id", "postern-cli"), (name, value)]);
        Assert.Equal(error, (await answer.JsonAsync()).Text("error"));
    }

    [Fact]
    public async Task MaxAgeOfZero_IsMetByASignInAfterTheDeviceAsked()
    {
        var person = await _server.SignedInAsync();
        _server.Clock.Advance(TimeSpan.FromSeconds(1));
        var begun = await _server.BeginDeviceAsync(("max_age", "0"));
        _server.Clock.Advance(TimeSpan.FromSeconds(1));
        var page = await person.GetAsync("/device?user_code=" + begun.Text("user_code"));
        Assert.StartsWith("/login?return_url=", page.Headers.Location!.OriginalString, StringComparison.Ordinal);
        await person.SignInAsync(page: page.Headers.Location.OriginalString);
        _server.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.EndsWith("decision=allow", (await person.DecideDeviceAsync(begun, "allow")).Headers.Location!.OriginalString, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Networks_OfOneIpv6Site_CountTogether()
    {
        for (var i = 0; i < LoginLimits.DeviceRequestsPerAddress * LoginLimits.NetworkFactor; i++)
        {
            Assert.Equal(HttpStatusCode.OK, await BeginFromAsync($"2001:db8:1:{i:x}::1"));
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, await BeginFromAsync("2001:db8:1:ffff::1"));
        Assert.Equal(HttpStatusCode.OK, await BeginFromAsync("2001:db8:2:ffff::1"));

        async Task<HttpStatusCode> BeginFromAsync(string address)
        {
            var asking = _server.Browser();
            asking.Address = address;
            return (await asking.PostAsync("/oauth2/device_authorization", ("client_id", "postern-cli"))).StatusCode;
        }
    }

    [Fact]
    public async Task Beginning_TooOftenFromOneAddress_IsRefused()
    {
        for (var i = 0; i < LoginLimits.DeviceRequestsPerAddress; i++)
        {
            await _server.BeginDeviceAsync();
        }

        var answer = await _server.PostFormAsync("/oauth2/device_authorization", [("client_id", "postern-cli")]);
        Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
        Assert.Equal(300, answer.Headers.RetryAfter!.Delta!.Value.TotalSeconds);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task GuessingUserCodes_IsBoundedByAccountAndByAddress(bool isManyAddresses)
    {
        var begun = await _server.BeginDeviceAsync();
        var accounts = isManyAddresses ? 1 : 4;
        var limit = isManyAddresses ? LoginLimits.UserCodesPerAccount : LoginLimits.UserCodesPerAddress;
        for (var i = 1; i < accounts; i++)
        {
            await _server.CreateUserAsync($"guesser{i}@example.com", LoginServer.Password);
        }

        var browsers = Enumerable.Range(0, accounts).Select(_ => _server.Browser()).ToList();
        for (var i = 0; i < accounts; i++)
        {
            await browsers[i].SignInAsync(i == 0 ? LoginServer.Email : $"guesser{i}@example.com");
        }

        for (var i = 0; i < limit; i++)
        {
            var browser = browsers[i % accounts];
            browser.Address = isManyAddresses ? $"203.0.113.{i + 1}" : "203.0.113.1";
            Assert.Equal(HttpStatusCode.UnprocessableEntity, (await browser.GetAsync("/device?user_code=BBBB-BBBB")).StatusCode);
        }

        browsers[0].Address = isManyAddresses ? "203.0.113.200" : "203.0.113.1";
        var refused = await browsers[0].GetAsync($"/device?user_code={begun.Text("user_code")}"); // The right one does not help either.
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.NotNull(refused.Headers.RetryAfter);
    }

    [Fact]
    public async Task Deciding_NeedsTheFormOfThisPerson()
    {
        var begun = await _server.BeginDeviceAsync();
        var browser = _server.Browser();
        Assert.Equal("/login?return_url=%2Fdevice", (await browser.PostAsync("/device", ("user_code", begun.Text("user_code")), ("decision", "allow"))).Headers.Location!.OriginalString);
        await browser.SignInAsync();
        var forged = await browser.PostAsync("/device", ("user_code", begun.Text("user_code")), ("decision", "allow"));
        Assert.Equal(HttpStatusCode.BadRequest, forged.StatusCode);
        await (await _server.PollDeviceAsync(begun)).AssertErrorAsync(HttpStatusCode.BadRequest, "authorization_pending");
    }

    [Fact]
    public async Task SigningOutEverywhere_TakesAnApprovalBack()
    {
        var begun = await _server.BeginDeviceAsync();
        var browser = _server.Browser();
        await browser.SignInAsync();
        await browser.DecideDeviceAsync(begun, "allow");
        await _server.Browser().SignInAsync(); // The page offers it only when there is another place.
        await browser.SubmitAsync("/account/sessions", "/account/sessions/end-others");
        await (await _server.PollDeviceAsync(begun)).AssertErrorAsync(HttpStatusCode.BadRequest, "invalid_grant");
    }

    [Fact]
    public async Task ApprovalOfADisabledAccount_GivesNothing()
    {
        var begun = await _server.BeginDeviceAsync();
        var browser = _server.Browser();
        await browser.SignInAsync();
        await browser.DecideDeviceAsync(begun, "allow");
        await _server.QueryAsync(context => context.Users.ExecuteUpdateAsync(row => row.SetProperty(u => u.IsDisabled, true)));
        await (await _server.PollDeviceAsync(begun)).AssertErrorAsync(HttpStatusCode.BadRequest, "access_denied");
    }

    [Theory]
    [InlineData("pdc_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("nonsense")]
    public async Task UnknownDeviceCode_IsRefused(string code) => await (await _server.PollDeviceAsync(new JsonObject { ["device_code"] = code }))
        .AssertErrorAsync(HttpStatusCode.BadRequest, "invalid_grant", "The device code is not valid. Please log in again.");

    [Fact]
    public async Task MissingDeviceCode_IsNamed() => await (await _server.TokenAsync(
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), ("client_id", "postern-cli")))
        .AssertErrorAsync(HttpStatusCode.BadRequest, "invalid_request", "The parameter device_code is missing.");
}
