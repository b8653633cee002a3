using System.Net;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Postern.Directory.Organizations;
using Postern.Directory.Storage;
using Postern.Login.Accounts;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.Factors;

/// <summary>Accounts that begin with a passkey and never have a password: at the first run, by an invitation, and by a mailed link.</summary>
[Collection(DatabaseCollection.Name)]
public sealed class FirstPasskeyTests(PostgreSqlServer postgreSql) : IAsyncLifetime
{
    private const string Invited = "grace@example.com";
    private const string NewPassword = "tramway otter violin";

    private readonly SoftwareAuthenticator _key = new();
    private MailServer _mail = null!;

    public async Task InitializeAsync() => _mail = await MailServer.StartAsync();

    public async Task DisposeAsync()
    {
        _key.Dispose();
        await _mail.DisposeAsync();
    }

    [Theory]
    [InlineData(DirectoryOptions.Sqlite)]
    [InlineData(DirectoryOptions.PostgreSql)]
    public async Task FirstRun_MakesAnAccountWithAPasskeyAlone(string database)
    {
        await using var server = await LoginServer.StartAsync(database, postgreSql, isEmpty: true);
        var code = (await server.Services.GetRequiredService<FirstRun>().IssueCodeAsync(CancellationToken.None))!;
        var browser = server.Browser();
        var wrong = await SetUpAsync(browser, "aaaa-bbbb-cccc-dddd-eeee");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, wrong.StatusCode);
        Assert.DoesNotContain("data-options", await wrong.TextAsync(), StringComparison.Ordinal);
        Assert.Contains("needs a name", await (await SetUpAsync(browser, code, organization: "")).TextAsync(), StringComparison.Ordinal);

        var page = await (await SetUpAsync(browser, code)).Content.ReadAsStringAsync();
        Assert.Equal(0, await server.QueryAsync(c => c.Users.CountAsync())); // Only the answer makes the account.
        var made = await AnswerAsync(browser, page, "/setup");
        await AssertEnteredByPasskeyAloneAsync(server, browser, made);
        Assert.Equal("Acme", await server.QueryAsync(c => c.Organizations.Select(o => o.Label).SingleAsync()));
        Assert.Equal("/", (await AnswerAsync(browser, page, "/setup")).Headers.Location!.OriginalString); // It is over, with the same answer too.
    }

    [Theory]
    [InlineData(DirectoryOptions.Sqlite)]
    [InlineData(DirectoryOptions.PostgreSql)]
    public async Task Invitation_MakesAnAccountWithAPasskeyAlone(string database)
    {
        await using var server = await StartAsync(database);
        var browser = await OpenInvitationAsync(server);
        var page = await (await AskAsync(browser)).Content.ReadAsStringAsync();
        Assert.Contains(Invited, FactorCalls.PasskeyOptions(page), StringComparison.Ordinal);
        await AssertEnteredByPasskeyAloneAsync(server, browser, await AnswerAsync(browser, page, "/invitation"));
        var user = await server.QueryAsync(c => c.Users.SingleAsync(u => u.Email == Invited));
        Assert.Equal(("Grace", "Hopper", true), (user.FirstName, user.LastName, user.EmailConfirmed));
        Assert.Equal(1, await server.QueryAsync(c => c.OrganizationMembers.CountAsync(m => m.UserId == user.Id)));
        Assert.Equal(1, await server.QueryAsync(c => c.AuditEvents.CountAsync(e => e.Action == "account.passkey.added" && e.Actor == user.Id.ToString())));
        Assert.Equal(HttpStatusCode.BadRequest, (await AnswerAsync(browser, page, "/invitation")).StatusCode); // The form was of nobody who was signed in.
    }

    [Fact]
    public async Task BadAnswer_MakesNoAccountAndAsksAgain()
    {
        await using var server = await StartAsync();
        var browser = await OpenInvitationAsync(server);
        var page = await (await AskAsync(browser)).Content.ReadAsStringAsync();

        _key.IsUserVerified = false; // Only present: that would be one factor.
        await AssertAskedAgainAsync(await AnswerAsync(browser, page, "/invitation"));
        _key.IsUserVerified = true;
        _key.Origin = "https://evil.example";
        await AssertAskedAgainAsync(await AnswerAsync(browser, page, "/invitation"));
        _key.Origin = LoginServer.Issuer;

        // The question of another form, of somebody who is signed in.
        var ada = await server.SignedInAsync();
        var foreign = await ada.PageAsync(FactorCalls.AddPasskeyPage);
        var state = FactorCalls.FieldOf(foreign, FactorCalls.AddPasskeyPage, "passkey_state");
        foreach (var bad in new[] { state, $"{server.User.Id} {state}", "", "x", $"{server.User.Id} x" })
        {
            await AssertAskedAgainAsync(await browser.PostFormAsync(
                page, "/invitation", ("passkey_state", bad), ("credential", _key.Register(FactorCalls.PasskeyOptions(foreign)))));
        }

        server.Clock.Advance(LoginLimits.PasskeyCeremony);
        await AssertAskedAgainAsync(await AnswerAsync(browser, page, "/invitation"));
        Assert.Equal(0, await server.QueryAsync(c => c.Set<IdentityUserPasskey<Guid>>().CountAsync()));
        Assert.Equal(1, await server.QueryAsync(c => c.Users.CountAsync()));

        // What the person typed is still there, and the next answer is good.
        page = await (await AskAsync(browser)).Content.ReadAsStringAsync();
        Assert.Equal("Grace", FactorCalls.FieldOf(page, "/invitation", "first_name"));
        Assert.Equal(HttpStatusCode.OK, (await AnswerAsync(browser, page, "/invitation")).StatusCode);
    }

    [Theory]
    [InlineData(DirectoryOptions.Sqlite)]
    [InlineData(DirectoryOptions.PostgreSql)]
    public async Task MailedLink_ReplacesAForgottenPassword(string database)
    {
        await using var server = await StartAsync(database);
        var old = await server.SignedInAsync();
        var browser = await OpenResetAsync(server);
        Assert.Contains("Use a passkey instead", await browser.PageAsync("/password/reset"), StringComparison.Ordinal);
        var page = await (await browser.SubmitFormAsync("/password/reset", "/password/reset", ("instead", "passkey"))).Content.ReadAsStringAsync();
        await AssertEnteredByPasskeyAloneAsync(server, browser, await AnswerAsync(browser, page, "/password/reset"), LoginServer.Email);
        Assert.False(await old.IsSignedInAsync());
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await server.Browser().SignInAsync()).StatusCode);
        await _mail.WaitForAsync(LoginServer.Email, "A passkey was added"); // Whoever did not do it hears of it.
        Assert.Equal(HttpStatusCode.BadRequest, (await AnswerAsync(browser, page, "/password/reset")).StatusCode);
    }

    [Fact]
    public async Task MailedLink_GetsNobodyAroundASecondFactor()
    {
        await using var server = await StartAsync();
        var browser = await OpenResetAsync(server);
        var page = await (await browser.SubmitFormAsync("/password/reset", "/password/reset", ("instead", "passkey"))).Content.ReadAsStringAsync();
        await (await server.SignedInAsync()).AddAuthenticatorAsync(server);

        // Neither by the form that was open before, nor by one that is made up.
        Assert.DoesNotContain("Use a passkey instead", await browser.PageAsync("/password/reset"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await AnswerAsync(browser, page, "/password/reset")).StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await browser.SubmitFormAsync("/password/reset", "/password/reset", ("instead", "passkey"))).StatusCode);
        Assert.Equal(0, await server.QueryAsync(c => c.Set<IdentityUserPasskey<Guid>>().CountAsync()));
        Assert.NotNull(await server.QueryAsync(c => c.Users.Select(u => u.PasswordHash).SingleAsync()));
    }

    [Fact]
    public async Task MailedLink_TakesAPasskeyOfItsOwnAccountOnly()
    {
        await using var server = await StartAsync();
        await server.CreateUserAsync(Invited, LoginServer.Password);
        var grace = await OpenResetAsync(server, Invited);
        var ofGrace = await (await grace.SubmitFormAsync("/password/reset", "/password/reset", ("instead", "passkey"))).Content.ReadAsStringAsync();
        var ada = await OpenResetAsync(server);
        var ofAda = await (await ada.SubmitFormAsync("/password/reset", "/password/reset", ("instead", "passkey"))).Content.ReadAsStringAsync();
        var answer = await ada.PostFormAsync(
            ofAda, "/password/reset", ("passkey_state", FactorCalls.FieldOf(ofGrace, "/password/reset", "passkey_state")),
            ("name", "Laptop"), ("credential", _key.Register(FactorCalls.PasskeyOptions(ofGrace))));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Equal(0, await server.QueryAsync(c => c.Set<IdentityUserPasskey<Guid>>().CountAsync()));
    }

    private async Task<LoginServer> StartAsync(string database = DirectoryOptions.Sqlite) =>
        await LoginServer.StartAsync(database, postgreSql, new LoginOptions { Issuer = LoginServer.Issuer, Mail = _mail.Options() });

    private async Task<Browser> OpenInvitationAsync(LoginServer server)
    {
        var organization = await server.AddOrganizationAsync(server.User.Id);
        await server.Services.GetRequiredService<InvitationService>().InviteAsync(
            server.User.Id, organization.Id, Invited, OrganizationRole.Member, CancellationToken.None);
        var browser = server.Browser();
        await browser.GetAsync((await _mail.WaitForAsync(Invited, "Invitation")).Path);
        return browser;
    }

    private async Task<Browser> OpenResetAsync(LoginServer server, string email = LoginServer.Email)
    {
        await server.Browser().SubmitAsync("/password/forgotten", "/password/forgotten", ("email", email));
        var browser = server.Browser();
        await browser.GetAsync((await _mail.WaitForAsync(email, "A new password")).Path);
        return browser;
    }

    private static Task<HttpResponseMessage> AskAsync(Browser browser) => browser.SubmitFormAsync(
        "/invitation", "/invitation", ("first_name", "Grace"), ("last_name", "Hopper"), ("new_password", ""), ("instead", "passkey"));

    private static Task<HttpResponseMessage> SetUpAsync(Browser browser, string code, string organization = "Acme") => browser.SubmitFormAsync(
        "/setup", "/setup", ("setup_code", code), ("email", Invited), ("first_name", "Grace"), ("last_name", "Hopper"),
        ("organization", organization), ("new_password", ""), ("instead", "passkey"));

    private Task<HttpResponseMessage> AnswerAsync(Browser browser, string page, string action) => browser.PostFormAsync(
        page, action, ("name", "Laptop"), ("credential", _key.Register(FactorCalls.PasskeyOptions(page))));

    private static async Task AssertAskedAgainAsync(HttpResponseMessage response)
    {
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Contains("data-options", await response.TextAsync(), StringComparison.Ordinal);
    }

    private async Task AssertEnteredByPasskeyAloneAsync(LoginServer server, Browser browser, HttpResponseMessage made, string email = Invited)
    {
        Assert.Equal(HttpStatusCode.OK, made.StatusCode);
        Assert.Equal(10, FactorCalls.CodesOf(await made.Content.ReadAsStringAsync()).Count);
        Assert.True(await browser.IsSignedInAsync());
        var user = await server.QueryAsync(c => c.Users.SingleAsync(u => u.Email == email));
        Assert.Null(user.PasswordHash);
        Assert.True(user.TwoFactorEnabled);
        Assert.Equal("hwk mfa", await server.QueryAsync(c => c.Sessions.Where(s => s.UserId == user.Id && s.RevokedAt == null).Select(s => s.Amr).SingleAsync()));

        _key.Counter++;
        var again = server.Browser();
        Assert.Equal("/account", (await again.SignInWithPasskeyAsync(_key)).Headers.Location!.OriginalString);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await server.Browser().SignInAsync(email, "")).StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await server.Browser().SignInAsync(email, NewPassword)).StatusCode);
    }
}
