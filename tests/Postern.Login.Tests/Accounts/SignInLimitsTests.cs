using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Postern.Directory.Factors;
using Postern.Directory.Storage;
using Postern.Login.Accounts;
using Postern.Login.Sessions;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.Accounts;

/// <summary>Strangers learn nothing from the counts, keep nobody out and cannot keep the machine busy.</summary>
[Collection(DatabaseCollection.Name)]
public sealed class SignInLimitsTests(PostgreSqlServer postgreSql) : IAsyncLifetime
{
    private const string Unknown = "nobody@example.com";
    private const string Wrong = "wrong password";

    private LoginServer _server = null!;
    private int _strangers;

    public async Task InitializeAsync() => _server = await LoginServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Failures_OfTwoDays_LockKnownAndUnknownAlike()
    {
        var known = await FailAsync(LoginServer.Email, 5);
        var unknown = await FailAsync(Unknown, 5);
        _server.Clock.Advance(TimeSpan.FromHours(25));
        Assert.Equal([.. unknown, .. await FailAsync(Unknown, 12)], [.. known, .. await FailAsync(LoginServer.Email, 12)]);
    }

    [Theory]
    [InlineData(DirectoryOptions.Sqlite)]
    [InlineData(DirectoryOptions.PostgreSql)]
    public async Task Failures_AtTwoServers_LockKnownAndUnknownAlike(string provider)
    {
        await using var first = await LoginServer.StartAsync(provider, postgreSql);
        await using var second = await LoginServer.StartBesideAsync(first);
        foreach (var email in (string[])[LoginServer.Email, Unknown])
        {
            Assert.DoesNotContain(HttpStatusCode.TooManyRequests, await FailAsync(email, 5, first));
            var rest = await FailAsync(email, 5, second);
            Assert.Equal(HttpStatusCode.TooManyRequests, rest[^1]);
            Assert.DoesNotContain(HttpStatusCode.TooManyRequests, rest[..^1]);
        }
    }

    [Fact]
    public async Task TheOwnersMistakesAndSuccesses_DoNotShowInTheCount()
    {
        var owner = await _server.SignedInAsync();
        for (var i = 0; i < 3; i++)
        {
            await owner.SignInAsync(password: Wrong);
        }

        var known = await FailAsync(LoginServer.Email, 9);
        await owner.SignInAsync();
        await _server.SignedInAsync(); // In a new browser.
        Assert.Equal([.. await FailAsync(Unknown, 10)], [.. known, .. await FailAsync(LoginServer.Email, 1)]);
    }

    [Fact]
    public async Task BrowserThatSignedInBefore_GetsInWhileStrangersAreLockedOut()
    {
        var owner = await _server.SignedInAsync();
        await owner.SubmitAsync("/user/logout", "/user/logout");
        for (var round = 0; round < 3; round++)
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, (await FailAsync(LoginServer.Email, 10))[^1]);
            Assert.Equal(HttpStatusCode.TooManyRequests, (await _server.Browser().SignInAsync()).StatusCode);
            Assert.Equal(HttpStatusCode.SeeOther, (await owner.SignInAsync()).StatusCode);
            _server.Clock.Advance(TimeSpan.FromMinutes(15));
        }
    }

    [Fact]
    public async Task BrowserThatSignedInBefore_GetsInFromAnOfficeWhereSomebodyGuesses()
    {
        var owner = await _server.SignedInAsync();
        var neighbour = _server.Browser();
        for (var i = 0; i < 61; i++)
        {
            await neighbour.SignInAsync($"user{i}@example.com", "x");
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, (await _server.Browser().SignInAsync()).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await owner.SignInAsync()).StatusCode);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await owner.SignInAsync(Unknown)).StatusCode); // For its own account only.
    }

    [Fact]
    public async Task WhoIsSignedIn_ChangesThePasswordWhileStrangersAreLockedOut()
    {
        var owner = await _server.SignedInAsync();
        owner.SetCookie("__Host-postern-known", ""); // Signed in since before there was such a cookie.
        await FailAsync(LoginServer.Email, 10);
        var answer = await owner.SubmitAsync(
            "/account/password", "/account/password", ("present_password", LoginServer.Password), ("new_password", "tramway otter violin"));
        Assert.Equal("/account/password?done=1", answer.Headers.Location!.OriginalString);
        await FailAsync(LoginServer.Email, 10);
        Assert.Equal(HttpStatusCode.SeeOther, (await owner.SignInAsync(password: "tramway otter violin")).StatusCode);
    }

    [Fact]
    public async Task BrowserThatSignedInBefore_IsLockedByItsOwnGuesses_AndLocksNobodyElse()
    {
        var thief = await _server.SignedInAsync();
        await thief.SubmitAsync("/user/logout", "/user/logout");
        HttpResponseMessage answer = null!;
        for (var i = 0; i < 10; i++)
        {
            answer = await thief.SignInAsync(password: $"guess {i}");
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await thief.SignInAsync()).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await _server.Browser().SignInAsync()).StatusCode);
    }

    [Fact]
    public async Task Cookie_OfAnotherAccountOrAnOldPassword_IsAStrangers()
    {
        await _server.CreateUserAsync("eve@example.com", "tramway otter violin");
        var eve = _server.Browser();
        await eve.SignInAsync("eve@example.com", "tramway otter violin");
        await eve.SubmitAsync("/user/logout", "/user/logout");
        var old = await _server.SignedInAsync();
        await old.SubmitAsync("/user/logout", "/user/logout");
        await _server.WithAccountsAsync(a => a.SetPasswordAsync(LoginServer.Email, "quartz lemon harbor", confirms: false, CancellationToken.None));
        var torn = await _server.SignedInAsync(password: "quartz lemon harbor");
        torn.SetCookie("__Host-postern-known", torn.Cookie("__Host-postern-known")[..^4] + "AAAA");
        torn.SetCookie("__Host-postern-session", "");
        await FailAsync(LoginServer.Email, 10);
        foreach (var stranger in (Browser[])[eve, old, torn])
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, (await stranger.SignInAsync(password: "quartz lemon harbor")).StatusCode);
        }
    }

    [Fact]
    public async Task Cookie_HoldsForHalfAYear_AndForFiveAccounts()
    {
        var browser = _server.Browser();
        await browser.SignInAsync();
        for (var i = 0; i < 5; i++)
        {
            await _server.CreateUserAsync($"person{i}@example.com", LoginServer.Password);
            await browser.SignInAsync($"person{i}@example.com");
        }

        Assert.InRange(browser.Cookie("__Host-postern-known").Length, 100, 2048);
        await browser.SubmitAsync("/user/logout", "/user/logout");
        foreach (var email in (string[])[LoginServer.Email, "person0@example.com"])
        {
            await FailAsync(email, 10);
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, (await browser.SignInAsync()).StatusCode); // The sixth last.
        Assert.Equal(HttpStatusCode.SeeOther, (await browser.SignInAsync("person0@example.com")).StatusCode);
        await browser.SubmitAsync("/user/logout", "/user/logout");
        _server.Clock.Advance(TimeSpan.FromDays(180));
        await FailAsync("person0@example.com", 10);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await browser.SignInAsync("person0@example.com")).StatusCode);
    }

    [Theory]
    [InlineData(DirectoryOptions.Sqlite)]
    [InlineData(DirectoryOptions.PostgreSql)]
    public async Task ThePasswordAlone_KeepsNobodyFromTheirSecondFactor(string provider)
    {
        await using var server = await LoginServer.StartAsync(provider, postgreSql);
        var owner = await server.SignedInAsync();
        var (secret, codes) = await owner.AddAuthenticatorAsync(server);
        await owner.SubmitAsync("/user/logout", "/user/logout");
        HttpResponseMessage answer = null!;
        for (var i = 0; i < 5; i++)
        {
            answer = await server.Browser().SignInWithCodeAsync("000000");
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await server.Browser().SignInWithCodeAsync(codes[0], "recovery")).StatusCode);
        var entered = await owner.SignInWithCodeAsync(Totp.CodeAt(secret, server.Clock.GetUtcNow()));
        Assert.Equal("/account", entered.Headers.Location!.OriginalString);
        Assert.Equal(1, await server.QueryAsync(c => c.FactorAttempts.CountAsync())); // What came right leaves no row behind.
    }

    [Fact]
    public async Task Networks_OfOneIpv6Site_CountTogether()
    {
        await using var server = await LoginServer.StartAsync(new LoginOptions { Issuer = LoginServer.Issuer, AttemptsPerAddress = 2 });
        for (var i = 0; i < 20; i++)
        {
            Assert.NotEqual(HttpStatusCode.TooManyRequests, await TryAsync(server, $"2001:db8:1:{i:x}::1", $"user{i}@example.com"));
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, await TryAsync(server, "2001:db8:1:ffff::1", "more@example.com"));
        Assert.NotEqual(HttpStatusCode.TooManyRequests, await TryAsync(server, "2001:db8:2:ffff::1", "more@example.com"));
    }

    [Fact]
    public async Task PasswordsAtOnce_AreBoundedOverAllAddresses_AndStrangersDoNotFillTheQueueOfOthers()
    {
        const int Places = 2;
        await using var server = await LoginServer.StartAsync(new LoginOptions { Issuer = LoginServer.Issuer, PasswordsAtOnce = Places });
        var known = new KnownBrowser("b", [(server.User.Id, KnownBrowser.MarkOf(server.User))], null, null);
        var passwords = server.Services.GetRequiredService<PasswordSignIn>();
        server.Hasher.Gate.Reset();
        var attempts = Enumerable.Range(0, 60).Select(i => Task.Run(() => passwords.AttemptAsync(
            $"user{i}@example.com", Wrong, Source($"2001:db8:{i:x}::", KnownBrowser.None), CancellationToken.None))).ToList();
        const int Refused = 60 - Places - LoginLimits.PasswordQueue;
        await Programs.WaitUntilAsync(() => attempts.Count(a => a.IsCompletedSuccessfully) >= Refused, "the refusals");
        Assert.All(attempts.Where(a => a.IsCompletedSuccessfully), a => Assert.Equal(PasswordWork.Wait, a.Result.RetryAfter));
        var person = Task.Run(() => passwords.AttemptAsync(LoginServer.Email, LoginServer.Password, Source("192.0.2.9", known), CancellationToken.None));
        await Programs.WaitUntilAsync(() => server.Hasher.UnderWay == Places, "the hashes");
        Assert.False(person.IsCompleted);
        server.Hasher.Gate.Set();
        Assert.NotNull((await person).User);
        var outcomes = await Task.WhenAll(attempts);
        Assert.Equal(Refused, outcomes.Count(o => o.Refusal == SignInRefusal.TooManyAttempts));
        Assert.Equal(Places + LoginLimits.PasswordQueue, outcomes.Count(o => o.Refusal == SignInRefusal.WrongCredentials));
        Assert.Contains(server.Log.Lines, line => line.Contains("Too many sign-in attempts from 2001:db8:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Strangers_WriteToNobodysRow()
    {
        _server.Log.Lines.Clear();
        await FailAsync(LoginServer.Email, 11);
        await FailAsync(Unknown, 11);
        Assert.Contains(_server.Log.Lines, line => line.Contains("INSERT INTO sign_in_counts", StringComparison.Ordinal));
        Assert.DoesNotContain(_server.Log.Lines, line => line.Contains("UPDATE \"users\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Counts_ThatAreOver_AreSweptAway()
    {
        await FailAsync(Unknown, 3);
        Assert.Equal(1, await _server.QueryAsync(c => c.SignInCounts.CountAsync()));
        _server.Clock.Advance(TimeSpan.FromHours(2));
        await _server.Services.GetServices<Microsoft.Extensions.Hosting.IHostedService>().OfType<ExpirySweep>().Single().SweepAsync(CancellationToken.None);
        Assert.Equal(0, await _server.QueryAsync(c => c.SignInCounts.CountAsync()));
    }

    private static AttemptSource Source(string address, KnownBrowser browser) =>
        new(new RequestOrigin(address, null), address, null, browser);

    private static async Task<HttpStatusCode> TryAsync(LoginServer server, string address, string email)
    {
        var browser = server.Browser();
        browser.Address = address;
        return (await browser.SignInAsync(email, Wrong)).StatusCode;
    }

    /// <summary>Wrong passwords, each from a browser and an address of its own.</summary>
    private async Task<HttpStatusCode[]> FailAsync(string email, int times, LoginServer? server = null)
    {
        var statuses = new HttpStatusCode[times];
        for (var i = 0; i < times; i++)
        {
            statuses[i] = await TryAsync(server ?? _server, $"198.51.{_strangers / 250}.{(_strangers++ % 250) + 1}", email);
        }

        return statuses;
    }
}
