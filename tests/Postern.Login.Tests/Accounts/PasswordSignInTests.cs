using System.Net;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.Storage;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.Accounts;

/// <summary>Passwords, lockout, limits, and what they tell a stranger.</summary>
[Collection(DatabaseCollection.Name)]
public sealed class PasswordSignInTests(PostgreSqlServer postgreSql) : IAsyncLifetime
{
    private const string Unknown = "nobody@example.com";

    private LoginServer _server = null!;

    public async Task InitializeAsync() => _server = await LoginServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData(LoginServer.Email)]
    [InlineData("  ADA@Example.com ")]
    public async Task RightPassword_SignsIn(string email)
    {
        var response = await _server.Browser().SignInAsync(email);
        Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
        Assert.Equal("/account", response.Headers.Location!.OriginalString);
    }

    [Theory]
    [InlineData(LoginServer.Email, "wrong password")]
    [InlineData(LoginServer.Email, "CORRECT HORSE BATTERY")]
    [InlineData(LoginServer.Email, " correct horse battery")]
    [InlineData(Unknown, LoginServer.Password)]
    [InlineData("not an address", LoginServer.Password)]
    [InlineData("' OR 1=1 --", "' OR 1=1 --")]
    public async Task WrongCredentials_AllLookTheSame(string email, string password)
    {
        var browser = _server.Browser();
        var response = await browser.SignInAsync(email, password);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Contains("The e-mail address or the password is not right.", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain(browser.LastSetCookies, c => c.Contains("postern-session", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", "x")]
    [InlineData("ada@example.com", "")]
    public async Task EmptyField_IsPointedOut(string email, string password) =>
        Assert.Contains("Enter your e-mail address and your password.", await TextAsync(_server.Browser(), email, password), StringComparison.Ordinal);

    [Fact]
    public async Task HugeInput_IsRefused()
    {
        Assert.Contains("not right", await TextAsync(_server.Browser(), LoginServer.Email, new string('p', 257)), StringComparison.Ordinal);
        Assert.Contains("not right", await TextAsync(_server.Browser(), new string('e', 300) + "@example.com", "p"), StringComparison.Ordinal);
        Assert.Contains("out of date", await TextAsync(_server.Browser(), LoginServer.Email, new string('p', 40_000)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(LoginServer.Email)]
    [InlineData(Unknown)]
    public async Task TenthFailure_LocksKnownAndUnknownAlike(string email)
    {
        for (var i = 0; i < 9; i++)
        {
            Assert.Equal(HttpStatusCode.UnprocessableEntity, (await FailAsync(email, i)).StatusCode);
        }

        var tenth = await FailAsync(email, 9);
        Assert.Equal(HttpStatusCode.TooManyRequests, tenth.StatusCode);
        Assert.Equal(TimeSpan.FromMinutes(15), tenth.Headers.RetryAfter!.Delta);
        Assert.Contains("Too many attempts. Try again in 15 minutes.", await tenth.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await _server.Browser().SignInAsync(email)).StatusCode);
        _server.Clock.Advance(TimeSpan.FromMinutes(15) - TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.TooManyRequests, (await _server.Browser().SignInAsync(email)).StatusCode);
        _server.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.NotEqual(HttpStatusCode.TooManyRequests, (await _server.Browser().SignInAsync(email)).StatusCode);
    }

    [Fact]
    public async Task Success_InABrowserThatIsKnown_ForgetsItsFailures()
    {
        var browser = _server.Browser();
        for (var round = 0; round < 3; round++)
        {
            Assert.Equal(HttpStatusCode.SeeOther, (await browser.SignInAsync()).StatusCode);
            for (var i = 0; i < 9; i++)
            {
                Assert.Equal(HttpStatusCode.UnprocessableEntity, (await browser.SignInAsync(password: "wrong password")).StatusCode);
            }
        }
    }

    [Fact]
    public async Task Failures_AreForgottenAnHourAfterTheFirst()
    {
        for (var round = 0; round < 3; round++)
        {
            for (var i = 0; i < 9; i++)
            {
                Assert.Equal(HttpStatusCode.UnprocessableEntity, (await FailAsync(LoginServer.Email, i)).StatusCode);
            }

            Assert.Equal(HttpStatusCode.SeeOther, (await _server.Browser().SignInAsync()).StatusCode);
            _server.Clock.Advance(TimeSpan.FromHours(1));
        }
    }

    [Theory]
    [InlineData(DirectoryOptions.Sqlite)]
    [InlineData(DirectoryOptions.PostgreSql)]
    public async Task GuessesSentAtOnce_CountLikeGuessesSentOneByOne(string provider)
    {
        await using var server = await LoginServer.StartAsync(provider, postgreSql);
        var responses = await Task.WhenAll(Enumerable.Range(0, 18).Select(i => Task.Run(async () =>
        {
            var browser = server.Browser();
            browser.Address = "198.51.100." + i;
            return await browser.SignInAsync(LoginServer.Email, "wrong password");
        })));
        Assert.InRange(responses.Count(r => r.StatusCode == HttpStatusCode.UnprocessableEntity), 0, 9);
        Assert.Equal(10, await server.QueryAsync(c => c.SignInCounts.Select(count => count.Failed).SingleAsync()));
    }

    [Fact]
    public async Task OneAddress_MayTrySixtyTimesInFiveMinutes()
    {
        var browser = _server.Browser();
        for (var i = 0; i < 60; i++)
        {
            await browser.SignInAsync($"user{i}@example.com", "x");
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, (await browser.SignInAsync()).StatusCode);
        var elsewhere = _server.Browser();
        elsewhere.Address = "192.0.2.2";
        Assert.Equal(HttpStatusCode.SeeOther, (await elsewhere.SignInAsync()).StatusCode);
        _server.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(HttpStatusCode.SeeOther, (await browser.SignInAsync()).StatusCode);
    }

    [Fact]
    public async Task AddressesOfOneIpv6Network_CountTogether()
    {
        for (var i = 0; i < 60; i++)
        {
            var browser = _server.Browser();
            browser.Address = $"2001:db8:1:1::{i:x}";
            await browser.SignInAsync($"user{i}@example.com", "x");
        }

        var same = _server.Browser();
        same.Address = "2001:db8:1:1:ffff::1";
        Assert.Equal(HttpStatusCode.TooManyRequests, (await same.SignInAsync()).StatusCode);
    }

    [Fact]
    public async Task DisabledAccount_IsNamedOnlyToWhoKnowsThePassword()
    {
        await _server.WithAccountsAsync(a => a.SetDisabledAsync(LoginServer.Email, true, CancellationToken.None));
        Assert.Contains("not right", await TextAsync(_server.Browser(), LoginServer.Email, "wrong password"), StringComparison.Ordinal);
        Assert.Contains("This account is disabled.", await TextAsync(_server.Browser(), LoginServer.Email, LoginServer.Password), StringComparison.Ordinal);
    }

    private static async Task<string> TextAsync(Browser browser, string email, string password) =>
        await (await browser.SignInAsync(email, password)).Content.ReadAsStringAsync();

    private async Task<HttpResponseMessage> FailAsync(string email, int attempt)
    {
        var browser = _server.Browser();
        browser.Address = "203.0.113." + attempt;
        return await browser.SignInAsync(email, "wrong password");
    }
}
