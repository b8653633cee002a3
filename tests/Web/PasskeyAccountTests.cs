using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Postern.Directory.Organizations;
using Postern.Login.Accounts;

namespace Postern.Web.Tests;

/// <summary>People who never have a password: they begin with a passkey, by Chromium's virtual authenticator.</summary>
[Collection(WebCollection.Name)]
public sealed class PasskeyAccountTests(ChromiumFixture chromium) : IAsyncLifetime
{
    private MailServer _mail = null!;

    public async Task InitializeAsync() => _mail = await MailServer.StartAsync();

    public async Task DisposeAsync() => await _mail.DisposeAsync();

    [Fact]
    public async Task Operator_MakesTheFirstAccountWithAPasskey()
    {
        await using var site = await LoginSite.StartAsync(isEmpty: true, host: "localhost");
        var code = (await site.Services.GetRequiredService<FirstRun>().IssueCodeAsync(CancellationToken.None))!;
        await using var visit = await Visit.BeginAsync(chromium, site, "desktop");
        var device = await VirtualAuthenticator.PlugInAsync(visit.Page);
        await visit.GoAsync("/");
        await visit.Page.GetByLabel("Setup code").FillAsync(code);
        await visit.Page.GetByLabel("Name of your organization").FillAsync("Acme");
        await visit.Page.GetByLabel("E-mail address").FillAsync("grace@example.com");
        await visit.CheckAsync("setup-4-passkey-offered");
        await visit.ClickAsync("Use a passkey instead");
        await visit.ExpectHeadingAsync("Your passkey");
        await visit.CheckAsync("passkey-account-1");
        await BeginAndComeBackAsync(visit, device);
    }

    [Theory]
    [InlineData("narrow", 360, 740, false)]
    [InlineData("desktop-dark", 1280, 800, true)]
    public async Task Invited_MakesAnAccountWithAPasskey(string name, int width, int height, bool isDark)
    {
        await using var site = await LoginSite.StartAsync(_mail.Options(), host: "localhost");
        var organization = await site.AddProjectAsync();
        await site.Services.GetRequiredService<InvitationService>().InviteAsync(
            organization.OwnerId, organization.Id, "grace@example.com", OrganizationRole.Member, CancellationToken.None);
        await using var visit = await Visit.BeginAsync(chromium, site, name, width, height, isDark);
        var device = await VirtualAuthenticator.PlugInAsync(visit.Page);
        await visit.Page.GotoAsync((await _mail.WaitForAsync("grace@example.com", "Invitation to Acme Inc.")).Link);
        await visit.Page.GetByLabel("First name").FillAsync("Grace");
        await visit.CheckAsync("invitation-6-passkey-offered");
        await visit.ClickAsync("Use a passkey instead");
        await visit.ExpectHeadingAsync("Your passkey");

        // The finger of somebody else: the page says so, and the next try is good.
        await device.RecognizeAsync(isOwner: false);
        await visit.ClickAsync("Continue");
        await visit.ExpectAlertAsync("The passkey was not used");
        await visit.CheckAsync("passkey-account-2-refused");
        await device.RecognizeAsync(isOwner: true);
        await BeginAndComeBackAsync(visit, device);
        await Assertions.Expect(visit.Page.GetByText("Grace", new() { Exact = true }).First).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Person_ReplacesAForgottenPasswordByAPasskey()
    {
        await using var site = await LoginSite.StartAsync(_mail.Options(), host: "localhost");
        await using var visit = await Visit.BeginAsync(chromium, site, "narrow", 360, 740);
        var device = await VirtualAuthenticator.PlugInAsync(visit.Page);
        await visit.GoAsync("/password/forgotten");
        await visit.EnterAsync("E-mail address", LoginSite.Email, "Send the link");
        await visit.Page.GotoAsync((await _mail.WaitForAsync(LoginSite.Email, "A new password")).Link);
        await visit.CheckAsync("reset-4-passkey-offered");
        await visit.ClickAsync("Use a passkey instead");
        await visit.ExpectHeadingAsync("Your passkey");
        await BeginAndComeBackAsync(visit, device);
    }

    private static async Task BeginAndComeBackAsync(Visit visit, VirtualAuthenticator device)
    {
        await visit.ClickAsync("Continue");
        await visit.ExpectHeadingAsync("Keep these recovery codes");
        await visit.FollowAsync("I have kept them");
        await visit.ExpectHeadingAsync("Your account");
        Assert.Equal(1, await device.CountAsync());
        await visit.GoAsync("/user/logout");
        await visit.ClickAsync("Sign out");
        await visit.GoAsync("/login");
        await visit.ClickAsync("Sign in with a passkey");
        await visit.ExpectHeadingAsync("Your account");
    }
}
