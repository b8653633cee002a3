using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Postern.Login.Accounts;
using Postern.Login.Sessions;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.Attacks;

/// <summary>What guessing, timing, logs and a stolen database give away.</summary>
public sealed partial class SecrecyTests : IAsyncLifetime
{
    private LoginServer _server = null!;

    public async Task InitializeAsync() => _server = await LoginServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task TenThousandPasswords_AreHardlyEverCompared()
    {
        var passwords = _server.Services.GetRequiredService<PasswordSignIn>();
        var compared = _server.Hasher.VerificationsOfPeople;
        var refused = 0;
        for (var i = 0; i < 10_000; i++)
        {
            // From another address each time, as those who guess do; one a second, for nearly three hours.
            var address = $"10.{i >> 16}.{(i >> 8) & 255}.{i & 255}";
            var outcome = await passwords.AttemptAsync(
                LoginServer.Email, $"guess number {i}", new AttemptSource(new RequestOrigin(address, null), address, null, KnownBrowser.None), CancellationToken.None);
            refused += outcome.Refusal == SignInRefusal.TooManyAttempts ? 1 : 0;
            _server.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        compared = _server.Hasher.VerificationsOfPeople - compared;
        Assert.InRange(compared, 10, 130); // Ten in each quarter of an hour.
        Assert.True(refused > 9_500, $"{refused} were refused unheard");
    }

    [Fact]
    public async Task UserEnumeration_TextStatusAndWorkAreTheSame()
    {
        await _server.WaitForFirstLookAsync();
        var known = await AttemptAsync(LoginServer.Email);
        var unknown = await AttemptAsync("nobody@example.com");
        Assert.Equal(known.Status, unknown.Status);
        Assert.Equal(known.Page.Replace(LoginServer.Email, "X", StringComparison.Ordinal), unknown.Page.Replace("nobody@example.com", "X", StringComparison.Ordinal));
        Assert.Equal(known.Work, unknown.Work);
        for (var i = 0; i < 9; i++)
        {
            (known, unknown) = (await AttemptAsync(LoginServer.Email), await AttemptAsync("nobody@example.com"));
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, known.Status);
        Assert.Equal(known.Status, unknown.Status);
        (known, unknown) = (await AttemptAsync(LoginServer.Email), await AttemptAsync("nobody@example.com"));
        Assert.Equal(known.Work, unknown.Work);
    }

    [Fact]
    public async Task Secrets_AreInNoLogAndNoDatabase()
    {
        var secrets = new List<string> { LoginServer.Password, OAuthCalls.Verifier };
        var browser = _server.Browser();
        await browser.SignInAsync(LoginServer.Email, "a wrong password, mistyped");
        secrets.Add("a wrong password, mistyped");
        await browser.SignInAsync();
        secrets.Add(browser.Cookie("__Host-postern-session"));
        var code = (await browser.AllowAsync())["code"];
        var tokens = await (await _server.ExchangeCodeAsync(code)).JsonAsync();
        secrets.AddRange([code, tokens.Text("access_token"), tokens.Text("refresh_token")]);
        var refreshed = await (await _server.RefreshAsync(tokens.Text("refresh_token"))).JsonAsync();
        secrets.AddRange([refreshed.Text("access_token"), refreshed.Text("refresh_token")]);
        Assert.Equal(HttpStatusCode.OK, (await _server.WhoAmIAsync(refreshed.Text("access_token"))).StatusCode);
        var api = await _server.Services.GetRequiredService<ApiTokenService>().CreateAsync(new NewApiToken { UserId = _server.User.Id, Name = "t", Actor = "test" }, CancellationToken.None);
        secrets.AddRange([api.Secret, (await (await _server.TokenAsync(("grant_type", "api_token"), ("api_token", api.Secret), ("client_id", "postern-cli"))).JsonAsync()).Text("access_token")]);
        var begun = await _server.BeginDeviceAsync();
        secrets.AddRange([begun.Text("device_code"), begun.Text("user_code")]);
        await browser.DecideDeviceAsync(begun, "allow");
        var device = await (await _server.PollDeviceAsync(begun)).JsonAsync();
        secrets.AddRange([device.Text("access_token"), device.Text("refresh_token")]);

        // The unhappy ways too: errors are where secrets slip out.
        await _server.ExchangeCodeAsync(code);
        await _server.PollDeviceAsync(begun);
        _server.Clock.Advance(TimeSpan.FromMinutes(2));
        await _server.RefreshAsync(tokens.Text("refresh_token"));
        await _server.WhoAmIAsync(device.Text("access_token") + "x");

        var log = string.Join('\n', _server.Log.Lines);
        Assert.Contains("was used a second time", log, StringComparison.Ordinal);
        var database = new StringBuilder();
        foreach (var file in System.IO.Directory.GetFiles(_server.Folder!))
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(stream, Encoding.Latin1);
            database.Append(await reader.ReadToEndAsync());
        }

        var stored = database.ToString();
        Assert.Contains("postern-cli", stored, StringComparison.Ordinal);
        foreach (var secret in secrets)
        {
            Assert.True(secret.Length >= 9);
            Assert.False(log.Contains(secret, StringComparison.Ordinal), $"{secret} is in the log");
            Assert.False(stored.Contains(secret, StringComparison.Ordinal), $"{secret} is in the database");
        }

        // Nor the e-mail addresses that strangers type.
        Assert.DoesNotContain(LoginServer.Email, log, StringComparison.Ordinal);
    }

    private async Task<(HttpStatusCode Status, string Page, (int Verifications, int Statements) Work)> AttemptAsync(string email)
    {
        var browser = _server.Browser();
        browser.Address = $"198.51.100.{Random.Shared.Next(1, 255)}";
        var form = Browser.HiddenFields(await (await browser.GetAsync("/login")).Content.ReadAsStringAsync());
        var (verifications, statements) = (_server.Hasher.Verifications, _server.Log.StatementCount);
        var answer = await browser.PostAsync("/login", [.. form, ("email", email), ("password", "not the password")]);
        var work = (_server.Hasher.Verifications - verifications, _server.Log.StatementCount - statements);
        var page = OfThisAnswerOnly().Replace(await answer.Content.ReadAsStringAsync(), "");
        return (answer.StatusCode, page, work);
    }

    // What is random in each page, whoever it is for: tokens of forms and the challenge to a passkey.
    [GeneratedRegex("name=\"(form_token|passkey_state)\" value=\"[^\"]*\"|&quot;challenge&quot;:&quot;[^&]*&quot;", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex OfThisAnswerOnly();
}
