using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Postern.Directory.Devices;
using Postern.Directory.Organizations;
using Postern.Login.Accounts;
using Postern.Login.Mail;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.SingleSignOn;

/// <summary>People whose domain is captured by a required provider: every other door is closed to them, and theirs opens everything.</summary>
public sealed class SsoOnlyTests : IAsyncLifetime
{
    private LoginServer _server = null!;
    private TestProvider _provider = null!;
    private MailServer _mail = null!;
    private Organization _acme = null!;

    public async Task InitializeAsync()
    {
        _mail = await MailServer.StartAsync();
        _server = await LoginServer.StartAsync(new LoginOptions { Issuer = LoginServer.Issuer, SsoInternalHosts = ["127.0.0.1"], Mail = _mail.Options() });
        _provider = await TestProvider.StartAsync(_server.Clock);
        _acme = await _server.AddProviderAsync(_provider);
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        await _provider.DisposeAsync();
        await _mail.DisposeAsync();
    }

    [Fact]
    public async Task Passkey_LeadsToTheProvider()
    {
        using var key = new SoftwareAuthenticator();
        await (await _server.SignedInAsync()).AddPasskeyAsync(key);
        key.Counter++;
        await _server.EnforceAsync();
        var browser = _server.Browser();
        Assert.StartsWith("/login/sso/acme?", (await browser.SignInWithPasskeyAsync(key)).Headers.Location!.OriginalString, StringComparison.Ordinal);
        Assert.False(await browser.IsSignedInAsync());
    }

    [Fact]
    public async Task MailedLink_OpensNothing_NeitherANewOneNorOneSentBefore()
    {
        await AskAsync(LoginServer.Email);
        var before = _server.Browser();
        await before.GetAsync((await _mail.WaitForAsync(LoginServer.Email, "A new password")).Path);
        Assert.Equal(HttpStatusCode.OK, (await before.GetAsync("/password/reset")).StatusCode);
        await _server.EnforceAsync();
        Assert.Equal(HttpStatusCode.NotFound, (await before.GetAsync("/password/reset")).StatusCode);
        foreach (var way in new[] { ("new_password", "tramway otter violin"), ("instead", "passkey") })
        {
            Assert.Equal(HttpStatusCode.NotFound, (await before.SubmitAsync("/login", "/password/reset", way)).StatusCode);
        }

        // A new link is not even sent: the next mail is another person's.
        await _server.CreateUserAsync("eve@other.example", LoginServer.Password);
        await AskAsync(LoginServer.Email);
        await AskAsync("eve@other.example");
        await _mail.WaitForAsync("eve@other.example", "A new password");
        await Programs.WaitUntilAsync(async () => !await _server.QueryAsync(c => c.QueuedMails.AnyAsync(m => m.Kind == MailKind.PasswordReset)), "the end of the queue");
        Assert.Equal(1, await _server.QueryAsync(c => c.MailLinks.CountAsync(l => l.UserId == _server.User.Id)));
    }

    [Fact]
    public async Task Invitation_MakesNoAccountByPasswordOrPasskey()
    {
        await _server.EnforceAsync();
        await _server.Services.GetRequiredService<InvitationService>().InviteAsync(
            _server.User.Id, _acme.Id, "grace@example.com", OrganizationRole.Member, CancellationToken.None);
        var browser = _server.Browser();
        await browser.GetAsync((await _mail.WaitForAsync("grace@example.com", "Invitation")).Path);
        Assert.DoesNotContain("new_password", await browser.PageAsync("/invitation"), StringComparison.Ordinal);
        foreach (var way in new[] { ("new_password", "tramway otter violin"), ("instead", "passkey") })
        {
            Assert.Equal(HttpStatusCode.UnprocessableEntity, (await browser.SubmitAsync("/login", "/invitation", way)).StatusCode);
        }

        Assert.False(await _server.QueryAsync(c => c.Users.AnyAsync(u => u.Email == "grace@example.com")));
    }

    [Fact]
    public async Task Device_IsAllowedByWayOfTheProviderAndNotOtherwise()
    {
        var old = await _server.SignedInAsync();
        await _server.EnforceAsync();
        var begun = await _server.BeginDeviceAsync();
        var link = $"/device?user_code={begun.Text("user_code")}";
        Assert.StartsWith("/login?return_url=", (await old.GetAsync(link)).Headers.Location!.OriginalString, StringComparison.Ordinal);
        Assert.StartsWith("/login", (await old.SubmitAsync("/login", "/device", ("user_code", begun.Text("user_code")), ("decision", "allow"))).Headers.Location!.OriginalString, StringComparison.Ordinal);
        await (await _server.PollDeviceAsync(begun)).AssertErrorAsync(HttpStatusCode.BadRequest, "authorization_pending");

        // From the sign-in page to the provider, and back to the very code.
        var browser = _server.Browser();
        var signIn = (await browser.GetAsync(link)).Headers.Location!.OriginalString;
        var away = await browser.SubmitAsync(signIn, "/login", ("email", LoginServer.Email), ("password", ""));
        Assert.StartsWith("/login/sso/acme?", away.Headers.Location!.OriginalString, StringComparison.Ordinal);
        var back = await browser.SignInAtAsync(_provider, away.Headers.Location.OriginalString);
        Assert.Equal(link, back.Headers.Location!.OriginalString);
        await browser.DecideDeviceAsync(begun, "allow");
        _server.Clock.Advance(TimeSpan.FromSeconds(5));
        var tokens = await (await _server.PollDeviceAsync(begun)).JsonAsync();
        Assert.Contains("sso:acme", OAuthCalls.PayloadOf(tokens.Text("access_token"))["amr"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task PlainSsh_IsAllowedByWayOfTheProvider()
    {
        await _server.EnforceAsync();
        var asks = _server.Services.GetRequiredService<DeviceApprovals>();
        var begun = await asks.AskAsync(
            new DeviceAsk { Requester = DeviceRequest.SshRequester, Purpose = "open a connection", Lifetime = TimeSpan.FromMinutes(5), Address = "198.51.100.4" }, CancellationToken.None);
        var browser = _server.Browser();
        var link = $"/device?user_code={begun!.UserCode}";
        var signIn = (await browser.GetAsync(link)).Headers.Location!.OriginalString;
        var away = await browser.SubmitAsync(signIn, "/login", ("email", LoginServer.Email), ("method", "sso"));
        var back = await browser.SignInAtAsync(_provider, away.Headers.Location!.OriginalString);
        Assert.Contains("198.51.100.4", await browser.PageAsync(back.Headers.Location!.OriginalString), StringComparison.Ordinal);
        await browser.SubmitAsync(back.Headers.Location.OriginalString, "/device", ("decision", "allow"));
        var row = await _server.QueryAsync(c => c.DeviceRequests.AsNoTracking().SingleAsync());
        Assert.Equal((_server.User.Id, "sso:acme"), (row.UserId, row.Amr));
    }

    [Fact]
    public async Task Account_HasNoPasswordToChange_AndCanBeClosed()
    {
        await _server.QueryAsync(c => c.Organizations.ExecuteUpdateAsync(row => row.SetProperty(o => o.OwnerId, _server.User.Id)));
        var heir = await _server.CreateUserAsync("eve@other.example", LoginServer.Password);
        await _server.AddMemberAsync(_acme.Id, heir.Id, OrganizationRole.Owner);
        Assert.Contains("Change your password", await (await _server.SignedInAsync()).PageAsync("/account"), StringComparison.Ordinal);
        await _server.EnforceAsync();
        var browser = _server.Browser();
        await browser.SignInAtAsync(_provider);
        Assert.DoesNotContain("Change your password", await browser.PageAsync("/account"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Conflict, (await browser.GetAsync("/account/password")).StatusCode);
        Assert.DoesNotContain("present_password", await browser.PageAsync("/account/close"), StringComparison.Ordinal);

        // Without a recent proof it goes to the provider first, as everything does.
        _server.Clock.Advance(TimeSpan.FromMinutes(6));
        Assert.StartsWith("/login/confirm", (await browser.GetAsync("/account/close")).Headers.Location!.OriginalString, StringComparison.Ordinal);
        Assert.Equal("/account/close", (await browser.SignInAtAsync(_provider, "/login/sso/acme?again=1&return_url=%2Faccount%2Fclose")).Headers.Location!.OriginalString);
        Assert.Equal("/?signed_out=1", (await browser.SubmitAsync("/account/close", "/account/close", ("decision", "delete"))).Headers.Location!.OriginalString);
        Assert.False(await _server.QueryAsync(c => c.Users.AnyAsync(u => u.Email == LoginServer.Email)));
    }

    private Task<HttpResponseMessage> AskAsync(string email) =>
        _server.Browser().SubmitAsync("/password/forgotten", "/password/forgotten", ("email", email));
}
