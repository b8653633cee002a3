using System.Net;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.Factors;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.Attacks;

/// <summary>Somebody who has the password guesses the codes of the authenticator app, over HTTP and for as long as it takes.</summary>
public sealed class CodeGuessingTests : IAsyncLifetime
{
    private const string Factor = "/login/factor";
    private const int Rounds = 100;
    private const int TriesInARound = 100;

    private LoginServer _server = null!;
    private byte[] _secret = null!;

    public async Task InitializeAsync()
    {
        _server = await LoginServer.StartAsync();
        (_secret, _) = await (await _server.SignedInAsync()).AddAuthenticatorAsync(_server);
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    // Each round begins when the lock of the round before ends. The right code is among the tries of every round, but comes when
    // the account is locked; so whoever looked at it then, or at one try more, would let the guesser in.
    [Fact]
    public async Task TenThousandTries_AreAllRefusedAndThePersonGetsInAfterwards()
    {
        var began = _server.Clock.GetUtcNow();
        var (tries, heard) = (0, 0);
        for (var round = 0; round < Rounds; round++)
        {
            var guesser = await AfterThePasswordAsync();
            HttpResponseMessage last;
            do
            {
                last = await guesser.TryAsync(WrongCode(tries++));
                heard++;
                Assert.NotEqual(HttpStatusCode.SeeOther, last.StatusCode);
            }
            while (last.Headers.RetryAfter is null && heard <= Rounds * 5);

            var rest = TriesInARound - (tries % TriesInARound);
            var answers = await Task.WhenAll(Enumerable.Range(0, rest)
                .Select(i => guesser.TryAsync(i == rest / 2 ? Totp.CodeAt(_secret, _server.Clock.GetUtcNow()) : WrongCode(tries + i))));
            tries += rest;
            Assert.All(answers, answer => Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode));
            _server.Clock.Advance(answers.Max(answer => answer.Headers.RetryAfter!.Delta!.Value));
        }

        Assert.Equal(Rounds * TriesInARound, tries);
        Assert.Equal(Rounds * 5, heard);
        Assert.True(_server.Clock.GetUtcNow() - began > TimeSpan.FromDays(80));
        Assert.Equal(1, await CountSignInsAsync()); // That of the setup.

        // The lock is over at that very moment: the guesser was always ahead of the person, and the person waits a day at most.
        var person = await _server.Browser().SignInWithCodeAsync(Totp.CodeAt(_secret, _server.Clock.GetUtcNow()));
        Assert.Equal(HttpStatusCode.SeeOther, person.StatusCode);
        Assert.Equal("/account", person.Headers.Location!.OriginalString);
        Assert.Equal(2, await CountSignInsAsync());
    }

    private Task<int> CountSignInsAsync() => _server.QueryAsync(c => c.Sessions.CountAsync(s => s.Amr.Contains("otp")));

    private async Task<Guesser> AfterThePasswordAsync()
    {
        var browser = _server.Browser();
        Assert.StartsWith(Factor, (await browser.SignInAsync()).Headers.Location!.OriginalString, StringComparison.Ordinal);
        var page = await browser.PageAsync(Factor + "?method=code");
        return new Guesser(_server.Client(), browser.CookieHeader, [.. Browser.HiddenFields(page)]);
    }

    // Never one that the server would take now or a step from now.
    private string WrongCode(int number)
    {
        var now = _server.Clock.GetUtcNow();
        var right = Enumerable.Range(-1, 3).Select(i => Totp.CodeAt(_secret, now + (i * Totp.Step))).ToHashSet(StringComparer.Ordinal);
        return Enumerable.Range(0, 4).Select(i => $"{(number * 97 + i) % 1_000_000:D6}").First(code => !right.Contains(code));
    }

    /// <summary>A program with the cookies of one browser, which sends as fast as it can.</summary>
    private sealed class Guesser(HttpClient client, string cookies, IReadOnlyList<(string Name, string Value)> form)
    {
        public async Task<HttpResponseMessage> TryAsync(string code)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, Factor)
            {
                Content = new FormUrlEncodedContent(form.Select(f => KeyValuePair.Create(f.Name, f.Value)).Append(KeyValuePair.Create("code", code))),
            };
            request.Headers.Add("Cookie", cookies);
            return await client.SendAsync(request);
        }
    }
}
