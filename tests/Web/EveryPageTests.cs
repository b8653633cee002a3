using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Components;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Postern.Directory.Organizations;
using Postern.Login.Pages;
using Postern.Login.Pages.Factors;
using Postern.Login.Pages.Organizations;
using Postern.Login.Pages.Projects;

namespace Postern.Web.Tests;

/// <summary>
/// Every page there is, walked through with the keyboard; and pictures of those that no other test comes by. A page that is added and not
/// visited here or named among those of other tests fails it.
/// </summary>
[Collection(WebCollection.Name)]
public sealed class EveryPageTests(ChromiumFixture chromium)
{
    /// <summary>What other tests come by, which alone have a mail, a client or a provider that leads there.</summary>
    private static readonly Dictionary<Type, string> Elsewhere = new()
    {
        [typeof(SetupPage)] = nameof(AccountTests.Operator_MakesTheFirstAccountAndConfirmsItsAddress),
        [typeof(VerificationPage)] = nameof(AccountTests.Operator_MakesTheFirstAccountAndConfirmsItsAddress),
        [typeof(InvitationPage)] = nameof(AccountTests.Invited_MakesAnAccountByMail),
        [typeof(ResetPasswordPage)] = nameof(AccountTests.Person_ReplacesAForgottenPassword),
        [typeof(AccountChoicePage)] = nameof(SignInTests.Program_AsksAsWhomToGoOn),
        [typeof(FirstPasskeyPage)] = nameof(PasskeyAccountTests.Invited_MakesAnAccountWithAPasskey),
        [typeof(ConsentPage)] = nameof(SignInTests.Person_SignsInAllowsAndLandsAtTheCommandLine),
        [typeof(RecoveryCodesPage)] = nameof(FactorTests.Person_ScansTheAppAndSignsInWithItsCode),
        [typeof(DecisionPage)] = nameof(FactorTests.Person_ScansTheAppAndSignsInWithItsCode),
        [typeof(SsoLeavePage)] = nameof(SsoTests.Stranger_FromTheProvider_IsToldWhy),
        [typeof(SsoFailedPage)] = nameof(SsoPageTests.SignInPage_OffersIt),
    };

    private readonly HashSet<Type> _seen = [];
    private Visit _visit = null!;

    [Fact]
    public async Task EveryPage_IsForEverybody()
    {
        await using var site = await LoginSite.StartAsync(host: "localhost");
        var acme = await site.AddProjectAsync();
        await site.AddPersonAsync("linus@example.com", "Linus", "Torvalds");
        await using (_visit = await Visit.BeginAsync(chromium, site, "desktop"))
        {
            await LookAsync<WelcomePage>("/", "Postern");
            await LookAsync<SignInPage>("/login", "Sign in");
            await LookAsync<ForgottenPasswordPage>("/password/forgotten", "Forgotten password", "forgotten-3-no-mail");
            await LookAsync<ErrorPage>("/password/reset", "This link does not work any more", "error-1-reset-link");
            await LookAsync<ErrorPage>("/email/verify", "This link does not work any more", "error-2-address-link");
            await LookAsync<ErrorPage>("/invitation", "This invitation is not open");
            await LookAsync<ErrorPage>("/no/such/page", "There is no such page", "error-3-no-page");
            await LookAsync<ErrorPage>(LoginSite.FaultPath, "Something went wrong here", "error-4-fault");
            await LookAsync<ErrorPage>("/login/sso/nobody", "There is no such provider", "error-5-no-provider");
            await _visit.SignInAsync();
            await LookAtAccountAsync();
            await LookAtDeviceAsync(site);
            await LookAtOrganizationAsync(site, acme);
        }

        await using (_visit = await Visit.BeginAsync(chromium, site, "desktop"))
        {
            await _visit.SignInAsync("linus@example.com");
            await LookAsync<OrganizationsPage>("/account/organizations", "Organizations", "organizations-8-none");
            await LookAsync<ErrorPage>($"/account/organizations/{acme.Id}", "There is no such organization", "error-7-no-organization");
            await LookAsync<ErrorPage>($"/account/projects/{LoginSite.ProjectId}", "There is no such project", "error-8-no-project");
        }

        var pages = typeof(SignInPage).Assembly.GetTypes()
            .Where(type => type.IsAssignableTo(typeof(IComponent)) && type.Name.EndsWith("Page", StringComparison.Ordinal));
        Assert.Equal(pages.Select(type => type.Name).Order(), _seen.Concat(Elsewhere.Keys).Select(type => type.Name).Distinct().Order());
    }

    private async Task LookAtAccountAsync()
    {
        await LookAsync<AccountPage>("/account", "Your account");
        await LookAsync<SecurityPage>("/account/security", "Sign-in methods");
        await LookAsync<SshKeysPage>("/account/ssh-keys", "SSH keys");
        await LookAsync<ApiTokensPage>("/account/api-tokens", "API tokens");
        await LookAsync<SessionsPage>("/account/sessions", "Sessions");
        await LookAsync<ApprovalsPage>("/account/approvals", "SSH approvals", "approvals-1-none");
        await LookAsync<OrganizationsPage>("/account/organizations", "Organizations");
        await LookAsync<ChangePasswordPage>("/account/password", "Password");
        await LookAsync<CloseAccountPage>("/account/close", "Close your account");
        await LookAsync<FactorChoicePage>("/account/security/new", "Add a second factor");
        await LookAsync<AuthenticatorPage>("/account/security/authenticator", "Set up an authenticator app");
        await LookAsync<PasskeyPage>("/account/security/passkeys/new", "Add a passkey");
        await LookAsync<FactorPage>("/login/confirm", "Confirm that it is you");
        await LookAsync<SignOutPage>("/user/logout", "Sign out?");

        // A form that is not one of ours, or not any more.
        await _visit.GoAsync("/account/password");
        await _visit.Page.Locator("input[name=form_token]").EvaluateAsync("e => e.value = 'another'");
        await _visit.Page.GetByLabel("Present password").FillAsync(LoginSite.Password);
        await _visit.EnterAsync("New password", "tramway otter violin", "Set password");
        await LookAsync<ErrorPage>(null, "This page is out of date", "error-6-old-form");
    }

    private async Task LookAtDeviceAsync(LoginSite site)
    {
        await LookAsync<DeviceCodePage>("/device", "Sign in on a device", "device-1-code");
        await _visit.EnterAsync("Code", "BCDF-GHJK", "Continue");
        await LookAsync<DeviceCodePage>(null, "Sign in on a device", "device-2-unknown");
        foreach (var (decision, heading) in new[] { ("Deny", "Device denied"), ("Allow", "Device allowed") })
        {
            using var http = new HttpClient();
            using var answer = await http.PostAsync(
                site.Url + "/oauth2/device_authorization", new FormUrlEncodedContent([KeyValuePair.Create("client_id", "postern-cli")]));
            var code = (await answer.Content.ReadFromJsonAsync<JsonObject>())!["user_code"]!.ToString();
            await LookAsync<DeviceConsentPage>("/device?user_code=" + code, "Allow this device?", decision == "Allow" ? "device-3-question" : null);
            await _visit.ClickAsync(decision);
            await LookAsync<DeviceDonePage>(null, heading, decision == "Allow" ? "device-5-allowed" : "device-4-denied");
        }
    }

    private async Task LookAtOrganizationAsync(LoginSite site, Organization acme)
    {
        var path = $"/account/organizations/{acme.Id}";
        await LookAsync<MembersPage>(path, "Acme Inc.");
        await LookAsync<ProjectsPage>(path + "/projects", "Acme Inc.");
        await LookAsync<ProjectRolesPage>($"/account/projects/{LoginSite.ProjectId}", "Shop");
        await LookAsync<OrganizationSecurityPage>(path + "/security", "Acme Inc.");
        await LookAsync<SsoPage>(path + "/sso", "Acme Inc.");
        await LookAsync<ProviderPage>(path + "/sso/new", "Acme Inc.");
        await LookAsync<MachinesPage>(path + "/machines", "Acme Inc.", "organizations-9-no-machines");
        var (machine, _) = await site.Services.GetRequiredService<MachineUsers>().CreateAsync(
            new OrganizationActor(acme.OwnerId, HasMfa: false, RequestId: null), acme.Id, "bot", CancellationToken.None);
        await LookAsync<MachineTokensPage>($"{path}/machines/{machine!.Id}/tokens", "Acme Inc.");
        await LookAsync<ErrorPage>($"{path}/machines/{acme.OwnerId}/tokens", "There is no such machine user");

        // The sign-in with a second factor is walked through in the tests of the factors.
        await site.ChangeAsync(context => context.Sessions.ForEachAsync(session => session.Amr = "pwd mfa otp"));
        await LookAsync<RequireMfaPage>(path + "/security/require", "Acme Inc.");
    }

    /// <summary>Goes to an address, or stays; looks at the page with the keyboard and, with a name, in all four ways.</summary>
    private async Task LookAsync<TPage>(string? path, string heading, string? picture = null)
        where TPage : IComponent
    {
        if (path is not null)
        {
            await _visit.GoAsync(path);
        }

        await _visit.ExpectHeadingAsync(heading);
        _seen.Add(typeof(TPage));
        if (picture is null)
        {
            await _visit.Page.AssertAccessibleAsync();
        }
        else
        {
            await _visit.PictureAsync(picture);
        }

        await _visit.Page.AssertWalkableAsync();
    }
}
