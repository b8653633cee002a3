using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Postern.Login.Accounts;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.Accounts;

/// <summary>People set their own password, and nobody sets another's.</summary>
[Collection(DatabaseCollection.Name)]
public sealed class PasswordChangeTests(PostgreSqlServer postgreSql) : IAsyncLifetime
{
    private const string NewPassword = "tramway otter violin";

    private LoginServer _server = null!;
    private MailServer _mail = null!;

    public async Task InitializeAsync()
    {
        _mail = await MailServer.StartAsync();
        _server = await LoginServer.StartAsync(new LoginOptions { Issuer = LoginServer.Issuer, Mail = _mail.Options() });
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        await _mail.DisposeAsync();
    }

    [Fact]
    public async Task Change_NeedsThePresentPasswordAndEndsAllOtherSessions()
    {
        var tokens = await _server.LogInAsync();
        var elsewhere = _server.Browser();
        await elsewhere.SignInAsync();
        var browser = _server.Browser();
        await browser.SignInAsync();
        var refused = await ChangeAsync(browser, "not the password", NewPassword);
        Assert.Contains("The present password is not right.", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("/account/password?done=1", (await ChangeAsync(browser, LoginServer.Password, NewPassword)).Headers.Location!.OriginalString);

        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/account")).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await elsewhere.GetAsync("/account")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await _server.WhoAmIAsync(tokens.Text("access_token"))).StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await _server.Browser().SignInAsync()).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await _server.Browser().SignInAsync(password: NewPassword)).StatusCode);
        Assert.Contains("If it was not you", (await _mail.WaitForAsync(LoginServer.Email, "password was changed")).Message.TextBody, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Change_IsCountedLikeASignIn()
    {
        var browser = _server.Browser();
        await browser.SignInAsync();
        HttpResponseMessage response = null!;
        for (var i = 0; i < 11; i++)
        {
            response = await ChangeAsync(browser, $"guess {i} of it", NewPassword);
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.Equal(TimeSpan.FromMinutes(15), response.Headers.RetryAfter!.Delta);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await ChangeAsync(browser, LoginServer.Password, NewPassword)).StatusCode);
    }

    [Fact]
    public async Task Change_KeepsTheRules()
    {
        var browser = _server.Browser();
        await browser.SignInAsync();
        Assert.Contains("easy to guess", await (await ChangeAsync(browser, LoginServer.Password, "Ada-Lovelace-19")).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains("at least 12", await (await ChangeAsync(browser, LoginServer.Password, "short")).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.SeeOther, (await _server.Browser().SignInAsync()).StatusCode);
    }

    [Fact]
    public async Task Change_WithoutOurForm_IsRefused()
    {
        var browser = _server.Browser();
        await browser.SignInAsync();
        var response = await browser.PostAsync("/account/password", ("present_password", LoginServer.Password), ("new_password", NewPassword));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task Reset_EndsAllSessionsKeepsSecondFactorsAndWorksOnce()
    {
        var tokens = await _server.LogInAsync();
        await _server.QueryAsync(c => c.Users.ExecuteUpdateAsync(row => row.SetProperty(u => u.TwoFactorEnabled, true)));
        await AskAsync(LoginServer.Email.ToUpperInvariant());
        var mail = await _mail.WaitForAsync(LoginServer.Email, "A new password");
        Assert.StartsWith(LoginServer.Issuer + "/password/reset?token=ppr_", mail.Link, StringComparison.Ordinal);
        var browser = await OpenAsync(mail);
        Assert.Contains("easy to guess", await (await ResetAsync(browser, "password1234!")).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.StartsWith("/login", (await ResetAsync(browser, NewPassword)).Headers.Location!.OriginalString, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.SeeOther, (await browser.GetAsync("/account")).StatusCode); // Nobody is signed in by it.
        Assert.Equal(HttpStatusCode.Unauthorized, (await _server.WhoAmIAsync(tokens.Text("access_token"))).StatusCode);
        Assert.True((await _server.QueryAsync(c => c.Users.SingleAsync())).TwoFactorEnabled);
        Assert.Equal(HttpStatusCode.NotFound, (await (await OpenAsync(mail)).GetAsync("/password/reset")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await ResetAsync(await OpenAsync(mail), "viola kettle marmot")).StatusCode);
    }

    [Fact]
    public async Task Reset_UnlocksAndUsesUpEveryOtherLink()
    {
        await AskAsync(LoginServer.Email);
        var first = await _mail.WaitForAsync(LoginServer.Email, "A new password");
        await AskAsync(LoginServer.Email);
        await Programs.WaitUntilAsync(() => _mail.Received().Count >= 2, "the second mail");

        for (var i = 0; i < 10; i++)
        {
            await _server.Browser().SignInAsync(password: "wrong");
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, (await _server.Browser().SignInAsync()).StatusCode);
        var second = _mail.Received().Single(mail => mail.Link != first.Link);
        await ResetAsync(await OpenAsync(second), NewPassword);
        Assert.Equal(HttpStatusCode.NotFound, (await (await OpenAsync(first)).GetAsync("/password/reset")).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await _server.Browser().SignInAsync(password: NewPassword)).StatusCode);
    }

    [Fact]
    public async Task Reset_UnderAStreamOfGuesses_LeadsBackIn()
    {
        await AskAsync(LoginServer.Email);
        var browser = await OpenAsync(await _mail.WaitForAsync(LoginServer.Email, "A new password"));
        await ResetAsync(browser, NewPassword);
        for (var i = 0; i < 10; i++)
        {
            await _server.Browser().SignInAsync(password: "wrong"); // Before the person has typed the new password.
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, (await _server.Browser().SignInAsync(password: NewPassword)).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await browser.SignInAsync(password: NewPassword)).StatusCode);
    }

    [Fact]
    public async Task UnknownAddress_GetsTheSameAnswerAndTheSameRow()
    {
        var known = await TextOfAsync(await AskAsync(LoginServer.Email));
        var unknown = await TextOfAsync(await AskAsync("nobody@example.com"));
        Assert.Equal(known, unknown);
        await _mail.WaitForAsync(LoginServer.Email, "A new password");
        await WaitForEmptyQueueAsync();
        Assert.Single(_mail.Received());
        Assert.Single(await _server.QueryAsync(c => c.MailLinks.ToListAsync()));
    }

    [Fact]
    public async Task DisabledAccount_GetsNoLinkAndOneThatItHasDoesNothing()
    {
        await AskAsync(LoginServer.Email);
        var mail = await _mail.WaitForAsync(LoginServer.Email, "A new password");
        await _server.WithAccountsAsync(a => a.SetDisabledAsync(LoginServer.Email, true, CancellationToken.None));
        Assert.Equal(HttpStatusCode.NotFound, (await ResetAsync(await OpenAsync(mail), NewPassword)).StatusCode);
        await AskAsync(LoginServer.Email);
        await WaitForEmptyQueueAsync();
        Assert.Single(_mail.Received());
    }

    [Fact]
    public async Task Reset_ExpiresAndIsForItsOwnPurposeOnly()
    {
        await AskAsync(LoginServer.Email);
        var mail = await _mail.WaitForAsync(LoginServer.Email, "A new password");
        var browser = _server.Browser();
        await browser.GetAsync(mail.Path.Replace("/password/reset", "/email/verify", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.NotFound, (await browser.GetAsync("/email/verify")).StatusCode);
        _server.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(HttpStatusCode.NotFound, (await (await OpenAsync(mail)).GetAsync("/password/reset")).StatusCode);
    }

    [Fact]
    public async Task ManyRequests_AreBounded()
    {
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await AskAsync("nobody@example.com")).StatusCode);
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, (await AskAsync("NOBODY@example.com")).StatusCode);
    }

    [Fact]
    public async Task WithoutAMailServer_ThePageSaysWhoCanHelp()
    {
        await using var server = await LoginServer.StartAsync();
        var page = await (await server.Browser().GetAsync("/password/forgotten")).Content.ReadAsStringAsync();
        Assert.Contains("This server cannot send mail.", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<form", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task TwoAtOnce_YieldOnePassword(string provider)
    {
        await using var server = await LoginServer.StartAsync(provider, postgreSql, new LoginOptions { Issuer = LoginServer.Issuer, Mail = _mail.Options() });
        var change = server.Services.GetRequiredService<PasswordChange>();
        await change.RequestResetAsync(LoginServer.Email, CancellationToken.None);
        var link = (await _mail.WaitForAsync(LoginServer.Email, "A new password")).Link;
        var token = link[(link.IndexOf('=', StringComparison.Ordinal) + 1)..];
        string[] passwords = ["tramway otter violin", "viola kettle marmot", "quartz lemon harbor", "window saffron mule"];
        var results = await Task.WhenAll(passwords.Select(password => Task.Run(() => change.ResetAsync(token, password, CancellationToken.None))));
        var winner = Assert.Single(Enumerable.Range(0, 4), i => results[i].IsDone);
        Assert.Equal(HttpStatusCode.SeeOther, (await server.Browser().SignInAsync(password: passwords[winner])).StatusCode);
    }

    [Fact]
    public async Task Address_IsConfirmedByItsLink()
    {
        await _server.QueryAsync(c => c.Users.ExecuteUpdateAsync(row => row.SetProperty(u => u.EmailConfirmed, false)));
        var browser = _server.Browser();
        await browser.SignInAsync();
        Assert.Equal("/account?mail=sent", (await browser.SubmitAsync("/account", "/account/email/send")).Headers.Location!.OriginalString);
        var mail = await _mail.WaitForAsync(LoginServer.Email, "Is this your address?");
        var other = _server.Browser(); // Where the mail is read, the person signs in to the account, and comes back.
        await other.GetAsync(mail.Path);
        Assert.Contains("Sign in to the account", await other.PageAsync("/email/verify"), StringComparison.Ordinal);
        Assert.Equal("/email/verify", (await other.SignInAsync(page: "/login?return_url=%2Femail%2Fverify")).Headers.Location!.OriginalString);
        Assert.Contains(LoginServer.Email, await other.PageAsync("/email/verify"), StringComparison.Ordinal);
        Assert.False((await _server.QueryAsync(c => c.Users.SingleAsync())).EmailConfirmed);
        Assert.Equal("/account?mail=confirmed", (await other.SubmitAsync("/email/verify", "/email/verify")).Headers.Location!.OriginalString);
        Assert.True((await _server.QueryAsync(c => c.Users.SingleAsync())).EmailConfirmed);
        await other.GetAsync(mail.Path);
        Assert.Equal(HttpStatusCode.NotFound, (await other.GetAsync("/email/verify")).StatusCode);
    }

    private static Task<HttpResponseMessage> ChangeAsync(Browser browser, string present, string password) =>
        browser.SubmitAsync("/account/password", "/account/password", ("present_password", present), ("new_password", password));

    private static Task<HttpResponseMessage> ResetAsync(Browser browser, string password) =>
        browser.SubmitAsync("/login", "/password/reset", ("new_password", password));

    private Task<HttpResponseMessage> AskAsync(string email) =>
        _server.Browser().SubmitAsync("/password/forgotten", "/password/forgotten", ("email", email));

    private async Task<Browser> OpenAsync(ReceivedMail mail)
    {
        var browser = _server.Browser();
        await browser.GetAsync(mail.Path);
        return browser;
    }

    private async Task WaitForEmptyQueueAsync()
    {
        await Programs.WaitUntilAsync(async () => !await _server.QueryAsync(c => c.QueuedMails.AnyAsync()), "the end of the queue");
    }

    private static async Task<string> TextOfAsync(HttpResponseMessage response) =>
        $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}";
}
