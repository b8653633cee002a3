using System.Net;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Postern.Directory.Storage;
using Postern.Login.Accounts;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.Attacks;

/// <summary>
/// Somebody makes an account with an address that is not theirs and prepares ways in, to wait until its person takes the account over
/// ("pre-hijacking"). Whatever proves the address leaves none of them.
/// </summary>
[Collection(DatabaseCollection.Name)]
public sealed class PlantedFactorTests(PostgreSqlServer postgreSql) : IAsyncLifetime
{
    private const string NewPassword = "tramway otter violin";

    private static readonly CancellationToken Never = CancellationToken.None;

    private readonly SoftwareAuthenticator _passkey = new();
    private MailServer _mail = null!;
    private Browser _planter = null!;
    private string _apiToken = "";
    private string _access = "";
    private string _refresh = "";

    public async Task InitializeAsync() => _mail = await MailServer.StartAsync();

    public async Task DisposeAsync()
    {
        _passkey.Dispose();
        await _mail.DisposeAsync();
    }

    [Theory]
    [InlineData(DirectoryOptions.Sqlite)]
    [InlineData(DirectoryOptions.PostgreSql)]
    public async Task MailedReset_LeavesNothing(string database)
    {
        await using var server = await StartAsync(database);
        await server.Browser().SubmitAsync("/password/forgotten", "/password/forgotten", ("email", LoginServer.Email));
        var victim = await OpenAsync(server, "A new password");
        Assert.StartsWith("/login", (await victim.SubmitAsync("/login", "/password/reset", ("new_password", NewPassword))).Headers.Location!.OriginalString, StringComparison.Ordinal);
        await AssertNothingIsLeftAsync(server, NewPassword);
        Assert.True(await IsConfirmedAsync(server));
    }

    [Fact]
    public async Task MailedReset_GoesAlsoToAnAccountThatHasAPlantedPasskeyAndNoPassword()
    {
        await using var server = await StartAsync();
        await server.QueryAsync(c => c.Users.ExecuteUpdateAsync(row => row.SetProperty(u => u.PasswordHash, (string?)null)));
        await server.Browser().SubmitAsync("/password/forgotten", "/password/forgotten", ("email", LoginServer.Email));
        await (await OpenAsync(server, "A new password")).SubmitAsync("/login", "/password/reset", ("new_password", NewPassword));
        await AssertNothingIsLeftAsync(server, NewPassword);
    }

    [Fact]
    public async Task MailedReset_OfAConfirmedAccountLeavesItsThings()
    {
        await using var server = await StartAsync();
        await server.QueryAsync(c => c.Users.ExecuteUpdateAsync(row => row.SetProperty(u => u.EmailConfirmed, true)));
        await server.Browser().SubmitAsync("/password/forgotten", "/password/forgotten", ("email", LoginServer.Email));
        await (await OpenAsync(server, "A new password")).SubmitAsync("/login", "/password/reset", ("new_password", NewPassword));
        Assert.Equal((1, 1, 1, 1), await CountAsync(server));
    }

    [Theory]
    [InlineData(DirectoryOptions.Sqlite, true)]
    [InlineData(DirectoryOptions.Sqlite, false)]
    [InlineData(DirectoryOptions.PostgreSql, true)]
    public async Task OperatorsPassword_LeavesNothing(string database, bool confirms)
    {
        await using var server = await StartAsync(database);
        Assert.True((await server.WithAccountsAsync(a => a.SetPasswordAsync(LoginServer.Email, NewPassword, confirms, Never))).IsDone);
        await AssertNothingIsLeftAsync(server, NewPassword);
        Assert.Equal(confirms, await IsConfirmedAsync(server));
        Assert.Equal(
            "1 SSH key, 1 API token, 1 passkey and 1 authenticator app, from before the address was proved",
            await server.QueryAsync(c => c.AuditEvents.Where(e => e.Action == "account.cleared").Select(e => e.Detail).SingleAsync()));

        // A confirmed account loses nothing by the next one.
        await server.QueryAsync(c => c.Users.ExecuteUpdateAsync(row => row.SetProperty(u => u.EmailConfirmed, true)));
        var browser = await server.SignedInAsync(NewPassword);
        await browser.SubmitAsync("/account/ssh-keys", "/account/ssh-keys", ("key", Keys.NewLine()));
        await server.WithAccountsAsync(a => a.SetPasswordAsync(LoginServer.Email, "quartz lemon harbor", confirms: true, Never));
        Assert.Equal((1, 0, 0, 0), await CountAsync(server));
    }

    [Fact]
    public async Task OperatorsWord_NamesWhatIsThereAndWantsToBeSure()
    {
        await using var server = await StartAsync();
        var refused = await server.WithAccountsAsync(a => a.ConfirmAsync(LoginServer.Email, keepsBelongings: false, Never));
        Assert.Contains("1 SSH key, 1 API token, 1 passkey and 1 authenticator app", refused.Faults[0], StringComparison.Ordinal);
        Assert.Contains("--keep", refused.Faults[1], StringComparison.Ordinal);
        Assert.Contains("set-password ada@example.com --confirm", refused.Faults[2], StringComparison.Ordinal);
        Assert.False(await IsConfirmedAsync(server));
        Assert.True((await server.WithAccountsAsync(a => a.ConfirmAsync(LoginServer.Email, keepsBelongings: true, Never))).IsDone);
        Assert.True(await IsConfirmedAsync(server));
        Assert.Equal((1, 1, 1, 1), await CountAsync(server));

        // Of an account that is confirmed there is nothing to ask.
        Assert.True((await server.WithAccountsAsync(a => a.ConfirmAsync(LoginServer.Email, keepsBelongings: false, Never))).IsDone);
    }

    [Fact]
    public async Task LinkToConfirm_ThatThePlanterAskedFor_ConfirmsNothingForWhoOnlyHasTheMailbox()
    {
        await using var server = await StartAsync();
        await _planter.SubmitAsync("/account", "/account/email/send");
        var victim = await OpenAsync(server, "Is this your address?");
        var page = await victim.PageAsync("/email/verify");
        Assert.Contains("somebody else may have made it", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<form", page, StringComparison.Ordinal);
        var answer = await victim.SubmitAsync("/login", "/email/verify", ("decision", "keep"));
        Assert.Equal("/login?return_url=%2Femail%2Fverify", answer.Headers.Location!.OriginalString);

        // Nor with an account of their own.
        await server.CreateUserAsync("grace@example.com", LoginServer.Password);
        await victim.SignInAsync("grace@example.com", LoginServer.Password);
        Assert.Equal(HttpStatusCode.NotFound, (await victim.SubmitAsync("/password/forgotten", "/email/verify", ("decision", "keep"))).StatusCode);
        Assert.False(await IsConfirmedAsync(server));
    }

    [Theory]
    [InlineData("keep", 1)]
    [InlineData("remove", 0)]
    [InlineData("", 0)]
    public async Task LinkToConfirm_AsksWhoHasBothWhatIsTheirs(string decision, int left)
    {
        await using var server = await StartAsync();
        var owner = await SignInWithPasskeyAsync(server);
        await owner.SubmitAsync("/account", "/account/email/send");
        await owner.GetAsync((await _mail.WaitForAsync(LoginServer.Email, "Is this your address?")).Path);
        Assert.Contains("1 SSH key, 1 API token, 1 passkey and 1 authenticator app", await owner.PageAsync("/email/verify"), StringComparison.Ordinal);
        var answer = await owner.SubmitAsync("/email/verify", "/email/verify", ("decision", decision));
        Assert.Equal("/account?mail=confirmed", answer.Headers.Location!.OriginalString);
        Assert.True(await IsConfirmedAsync(server));
        Assert.Equal((left, left, left, left), await CountAsync(server));
        Assert.True(await owner.IsSignedInAsync());
        Assert.False(await _planter.IsSignedInAsync()); // Another browser, and the programs that came of it.
        Assert.Equal(HttpStatusCode.BadRequest, (await server.TokenAsync(("grant_type", "refresh_token"), ("refresh_token", _refresh), ("client_id", "postern-cli"))).StatusCode);
        Assert.Equal(left == 1, await server.QueryAsync(c => c.Sessions.AnyAsync(s => s.RevokedAt == null && s.ClientId == "browser" && s.Amr.Contains("mfa"))));
    }

    [Theory]
    [InlineData(DirectoryOptions.Sqlite, "remove", 0)]
    [InlineData(DirectoryOptions.PostgreSql, "remove", 0)]
    [InlineData(DirectoryOptions.Sqlite, "", 0)]
    [InlineData(DirectoryOptions.Sqlite, "keep", 1)]
    public async Task Invitation_AsksWhoJoinsWhatIsTheirs(string database, string decision, int left)
    {
        await using var server = await StartAsync(database);
        var boss = await server.CreateUserAsync("grace@example.com", LoginServer.Password);
        var organization = await server.AddOrganizationAsync(boss.Id);
        await server.Services.GetRequiredService<InvitationService>().InviteAsync(
            boss.Id, organization.Id, LoginServer.Email, Directory.Organizations.OrganizationRole.Admin, Never);
        var owner = await SignInWithPasskeyAsync(server);
        await owner.GetAsync((await _mail.WaitForAsync(LoginServer.Email, "Invitation")).Path);
        Assert.Contains("1 SSH key, 1 API token, 1 passkey and 1 authenticator app", await owner.PageAsync("/invitation"), StringComparison.Ordinal);
        Assert.Equal("/account", (await owner.SubmitAsync("/invitation", "/invitation/join", ("decision", decision))).Headers.Location!.OriginalString);
        Assert.Equal((left, left, left, left), await CountAsync(server));
        Assert.True(await IsConfirmedAsync(server)); // The link was in the mailbox.
        Assert.False(await _planter.IsSignedInAsync());
    }

    [Fact]
    public async Task SingleSignOn_LeavesNothing_NotEvenThePassword()
    {
        await using var server = await StartAsync();
        await using var provider = await TestProvider.StartAsync(server.Clock);
        await server.AddProviderAsync(provider); // Ada owns the organization, which so knows her.
        provider.Person["email"] = LoginServer.Email;
        var person = server.Browser();
        Assert.Equal("/account", (await person.SignInAtAsync(provider)).Headers.Location!.OriginalString);
        Assert.True(await IsConfirmedAsync(server));
        await AssertNothingIsLeftAsync(server, password: null);
        Assert.True(await person.IsSignedInAsync());
    }

    private async Task<LoginServer> StartAsync(string database = DirectoryOptions.Sqlite)
    {
        var server = await LoginServer.StartAsync(
            database, postgreSql, new LoginOptions { Issuer = LoginServer.Issuer, SsoInternalHosts = ["127.0.0.1"], Mail = _mail.Options() });
        await server.QueryAsync(c => c.Users.ExecuteUpdateAsync(row => row.SetProperty(u => u.EmailConfirmed, false)));
        _planter = await server.SignedInAsync();
        await _planter.SubmitAsync("/account/ssh-keys", "/account/ssh-keys", ("key", Keys.NewLine()));
        _apiToken = (await server.Services.GetRequiredService<ApiTokenService>().CreateAsync(
            new NewApiToken { UserId = server.User.Id, Name = "ci", HasMfa = true, Actor = "test" }, Never)).Secret;
        await _planter.AddAuthenticatorAsync(server);
        await _planter.AddPasskeyAsync(_passkey);
        var tokens = await server.LogInWithBrowserAsync(_planter);
        (_access, _refresh) = (tokens.Text("access_token"), tokens.Text("refresh_token"));
        Assert.Equal((1, 1, 1, 1), await CountAsync(server));
        return server;
    }

    private async Task<Browser> OpenAsync(LoginServer server, string subject)
    {
        var browser = server.Browser();
        await browser.GetAsync((await _mail.WaitForAsync(LoginServer.Email, subject)).Path);
        return browser;
    }

    private async Task<Browser> SignInWithPasskeyAsync(LoginServer server)
    {
        var browser = server.Browser();
        _passkey.Counter++;
        Assert.Equal(HttpStatusCode.SeeOther, (await browser.SignInWithPasskeyAsync(_passkey)).StatusCode);
        return browser;
    }

    private static Task<bool> IsConfirmedAsync(LoginServer server) =>
        server.QueryAsync(c => c.Users.Where(u => u.Id == server.User.Id).Select(u => u.EmailConfirmed).SingleAsync());

    private static Task<(int Keys, int Tokens, int Passkeys, int Apps)> CountAsync(LoginServer server) => server.QueryAsync(async c => (
        await c.SshKeys.CountAsync(),
        await c.ApiTokens.CountAsync(t => t.RevokedAt == null),
        await c.Set<IdentityUserPasskey<Guid>>().CountAsync(),
        await c.AuthenticatorApps.CountAsync()));

    // Every way in that was prepared is tried.
    private async Task AssertNothingIsLeftAsync(LoginServer server, string? password)
    {
        Assert.Equal((0, 0, 0, 0), await CountAsync(server));
        Assert.Equal(0, await server.QueryAsync(c => c.RecoveryCodes.CountAsync()));
        Assert.False(await _planter.IsSignedInAsync());
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.CallAsync(HttpMethod.Get, "/whoami", _access)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await server.TokenAsync(("grant_type", "refresh_token"), ("refresh_token", _refresh), ("client_id", "postern-cli"))).StatusCode);
        Assert.NotEqual(HttpStatusCode.OK, (await server.TokenAsync(("grant_type", "api_token"), ("api_token", _apiToken), ("client_id", "postern-cli"))).StatusCode);
        _passkey.Counter++;
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await server.Browser().SignInWithPasskeyAsync(_passkey)).StatusCode);
        Assert.NotEqual(HttpStatusCode.SeeOther, (await server.Browser().SignInAsync()).StatusCode);
        Assert.True(await server.QueryAsync(c => c.Changes.AnyAsync(x => x.Kind == "ssh_key"))); // The gateway hears of it.
        Assert.True(await server.QueryAsync(c => c.Changes.AnyAsync(x => x.Kind == "api_token")));
        if (password is not null)
        {
            Assert.Equal("/account", (await server.Browser().SignInAsync(password: password)).Headers.Location!.OriginalString);
        }
    }
}
