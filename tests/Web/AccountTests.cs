using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Postern.Directory.Organizations;
using Postern.Login.Accounts;

namespace Postern.Web.Tests;

/// <summary>Accounts begin, change their passwords and end, in a real browser and with a real mail server.</summary>
[Collection(WebCollection.Name)]
public sealed class AccountTests(ChromiumFixture chromium) : IAsyncLifetime
{
    private const string NewPassword = "tramway otter violin";

    private MailServer _mail = null!;

    public async Task InitializeAsync() => _mail = await MailServer.StartAsync();

    public async Task DisposeAsync() => await _mail.DisposeAsync();

    [Theory]
    [MemberData(nameof(Visit.Looks), MemberType = typeof(Visit))]
    public async Task Operator_MakesTheFirstAccountAndConfirmsItsAddress(string name, int width, int height, bool isDark)
    {
        await using var site = await LoginSite.StartAsync(_mail.Options(), isEmpty: true);
        var code = (await site.Services.GetRequiredService<FirstRun>().IssueCodeAsync(CancellationToken.None))!;
        await using var visit = await Visit.BeginAsync(chromium, site, name, width, height, isDark);
        await visit.GoAsync("/");
        await visit.ExpectHeadingAsync("Welcome to your new server");
        await Assertions.Expect(visit.Page.GetByLabel("Setup code")).ToBeFocusedAsync();
        await visit.CheckAsync("setup-1");
        await FillSetupAsync(visit, "abcd-efgh-jkmn-pqrs-tuvw", NewPassword);
        await visit.ExpectAlertAsync("The setup code is not right");
        await Assertions.Expect(visit.Page.GetByLabel("Name of your organization")).ToHaveValueAsync("Acme & Sons");
        await visit.CheckAsync("setup-2-wrong-code");
        await FillSetupAsync(visit, code, "Grace-2026-Hopper");
        await visit.ExpectAlertAsync("The password is too easy to guess");
        await visit.CheckAsync("setup-3-weak-password");
        await visit.Page.GetByLabel("Password").FillAsync(NewPassword);
        await visit.ClickAsync("Create account");
        await visit.ExpectHeadingAsync("Your account");
        await Assertions.Expect(visit.Page.GetByText("not confirmed")).ToBeVisibleAsync();
        await visit.CheckAsync("account-1-not-confirmed");

        var mail = await _mail.WaitForAsync("grace@example.com", "Is this your address?");
        await visit.Page.GotoAsync(mail.Link);
        await visit.ExpectHeadingAsync("Confirm your address");
        Assert.DoesNotContain("token", visit.Page.Url, StringComparison.Ordinal);
        await visit.CheckAsync("verify-1");
        await visit.ClickAsync("Yes, it is mine");
        await visit.ExpectStatusAsync("Thank you: your address is confirmed.");
        await Assertions.Expect(visit.Page.GetByText("not confirmed")).ToHaveCountAsync(0);
        await visit.CheckAsync("account-2-confirmed");
    }

    [Theory]
    [MemberData(nameof(Visit.Looks), MemberType = typeof(Visit))]
    public async Task Invited_MakesAnAccountByMail(string name, int width, int height, bool isDark)
    {
        await using var site = await LoginSite.StartAsync(_mail.Options());
        await InviteAsync(site, "grace@example.com");
        var mail = await _mail.WaitForAsync("grace@example.com", "Invitation to Acme Inc.");
        await using var visit = await Visit.BeginAsync(chromium, site, name, width, height, isDark);
        await visit.Page.GotoAsync(mail.Link);
        await visit.ExpectHeadingAsync("Join Acme Inc.");
        Assert.Equal(site.Url + "/invitation", visit.Page.Url);
        await visit.CheckAsync("invitation-1-new");
        await visit.Page.GetByLabel("First name").FillAsync("Grace");
        await visit.Page.GetByLabel("Last name").FillAsync("Hopper");
        await visit.Page.GetByLabel("Password").FillAsync("grace1234567");
        await visit.ClickAsync("Create account and join");
        await visit.ExpectAlertAsync("The password is too easy to guess");
        await Assertions.Expect(visit.Page.GetByLabel("Last name")).ToHaveValueAsync("Hopper");
        await visit.CheckAsync("invitation-2-weak-password");
        await visit.Page.GetByLabel("Password").FillAsync(NewPassword);
        await visit.ClickAsync("Create account and join");
        await visit.ExpectHeadingAsync("Your account");
        await Assertions.Expect(visit.Page.GetByText("Grace Hopper")).ToBeVisibleAsync();
        await visit.Page.GotoAsync(mail.Link);
        await visit.ExpectHeadingAsync("This invitation is not open");
        await visit.CheckAsync("invitation-3-used");
    }

    [Theory]
    [MemberData(nameof(Visit.Looks), MemberType = typeof(Visit))]
    public async Task InvitedWithAnAccount_JoinsAfterSigningIn(string name, int width, int height, bool isDark)
    {
        await using var site = await LoginSite.StartAsync(_mail.Options());
        await site.AddPersonAsync("grace@example.com", "Grace", "Hopper");
        await InviteAsync(site, "grace@example.com");
        await using var visit = await Visit.BeginAsync(chromium, site, name, width, height, isDark);
        await visit.SignInAsync();
        await visit.Page.GotoAsync((await _mail.WaitForAsync("grace@example.com", "Invitation to Acme Inc.")).Link);
        await Assertions.Expect(visit.Page.GetByText("The invitation is for another account.")).ToBeVisibleAsync();
        await visit.CheckAsync("invitation-4-other-account");
        await visit.FollowAsync("Sign in");
        await visit.Page.GetByLabel("E-mail address").FillAsync("grace@example.com");
        await visit.Page.GetByLabel("Password", new() { Exact = true }).FillAsync(LoginSite.Password);
        await visit.ClickAsync("Sign in");
        await visit.ExpectHeadingAsync("Join Acme Inc.");
        await visit.CheckAsync("invitation-5-join");
        await visit.ClickAsync("Join");
        await visit.ExpectHeadingAsync("Your account");
    }

    [Theory]
    [MemberData(nameof(Visit.Looks), MemberType = typeof(Visit))]
    public async Task Person_ReplacesAForgottenPassword(string name, int width, int height, bool isDark)
    {
        await using var site = await LoginSite.StartAsync(_mail.Options());
        await using var visit = await Visit.BeginAsync(chromium, site, name, width, height, isDark);
        await visit.GoAsync("/login");
        await visit.FollowAsync("Forgotten your password?");
        await visit.ExpectHeadingAsync("Forgotten password");
        await Assertions.Expect(visit.Page.GetByLabel("E-mail address")).ToBeFocusedAsync();
        await visit.CheckAsync("forgotten-1");
        await visit.Page.GetByLabel("E-mail address").FillAsync(LoginSite.Email);
        await visit.Page.Keyboard.PressAsync("Enter");
        await visit.ExpectStatusAsync("If there is an account with this address, a mail is on its way to it.");
        await visit.CheckAsync("forgotten-2-sent");
        await visit.Page.GotoAsync((await _mail.WaitForAsync(LoginSite.Email, "A new password")).Link);
        await visit.ExpectHeadingAsync("Choose a new password");
        await Assertions.Expect(visit.Page.GetByLabel("New password")).ToBeFocusedAsync();
        await visit.CheckAsync("reset-1");
        await visit.Page.GetByLabel("New password").FillAsync("password1234");
        await visit.Page.Keyboard.PressAsync("Enter");
        await visit.ExpectAlertAsync("The password is too easy to guess");
        await visit.CheckAsync("reset-2-weak");
        await visit.Page.GetByLabel("New password").FillAsync(NewPassword);
        await visit.Page.Keyboard.PressAsync("Enter");
        await visit.ExpectStatusAsync("Your new password is set. Sign in with it.");
        await visit.CheckAsync("reset-3-done");
        await visit.SignInAsync(password: NewPassword);
    }

    [Theory]
    [MemberData(nameof(Visit.Looks), MemberType = typeof(Visit))]
    public async Task Person_ChangesThePasswordAndClosesTheAccount(string name, int width, int height, bool isDark)
    {
        await using var site = await LoginSite.StartAsync(_mail.Options());
        await site.AddPersonAsync("grace@example.com", "Grace", "Hopper"); // Without any account the server would begin anew.
        await using var visit = await Visit.BeginAsync(chromium, site, name, width, height, isDark);
        await visit.SignInAsync();
        await visit.FollowAsync("Change your password");
        await visit.ExpectHeadingAsync("Password");
        await visit.CheckAsync("password-1");
        await ChangeAsync(visit, "not the present one", NewPassword);
        await visit.ExpectAlertAsync("The present password is not right.");
        await visit.CheckAsync("password-2-wrong");
        await ChangeAsync(visit, LoginSite.Password, NewPassword);
        await visit.ExpectStatusAsync("Your password is changed, and everything else is signed out.");
        await visit.CheckAsync("password-3-done");

        await visit.GoAsync("/account");
        await visit.FollowAsync("Close your account");
        await visit.CheckAsync("close-1");
        await visit.Page.GetByLabel("Your password").FillAsync("not mine at all");
        await visit.ClickAsync("Delete for good");
        await visit.ExpectAlertAsync("The password is not right.");
        await visit.CheckAsync("close-2-wrong");
        await visit.Page.GetByLabel("Your password").FillAsync(NewPassword);
        await visit.ClickAsync("Delete for good");
        await visit.ExpectStatusAsync("You are signed out of this browser.");
    }

    [Fact]
    public async Task OnlyOwner_ReadsWhatToDoFirst()
    {
        await using var site = await LoginSite.StartAsync(_mail.Options());
        await site.AddProjectAsync();
        await using var visit = await Visit.BeginAsync(chromium, site, "desktop");
        await visit.SignInAsync();
        await visit.GoAsync("/account/close");
        await Assertions.Expect(visit.Page.GetByText("You are the only owner of Acme Inc.")).ToBeVisibleAsync();
        await visit.CheckAsync("close-3-only-owner");
    }

    private static async Task FillSetupAsync(Visit visit, string code, string password)
    {
        await visit.Page.GetByLabel("Setup code").FillAsync(code);
        await visit.Page.GetByLabel("Name of your organization").FillAsync("Acme & Sons");
        await visit.Page.GetByLabel("First name").FillAsync("Grace");
        await visit.Page.GetByLabel("Last name").FillAsync("Hopper");
        await visit.Page.GetByLabel("E-mail address").FillAsync("grace@example.com");
        await visit.Page.GetByLabel("Password").FillAsync(password);
        await visit.ClickAsync("Create account");
    }

    private static async Task ChangeAsync(Visit visit, string present, string password)
    {
        await visit.Page.GetByLabel("Present password").FillAsync(present);
        await visit.Page.GetByLabel("New password").FillAsync(password);
        await visit.ClickAsync("Set password");
    }

    private static async Task InviteAsync(LoginSite site, string email)
    {
        var organization = await site.AddProjectAsync();
        var result = await site.Services.GetRequiredService<InvitationService>().InviteAsync(
            organization.OwnerId, organization.Id, email, OrganizationRole.Admin, CancellationToken.None);
        Assert.True(result.IsDone);
    }
}
