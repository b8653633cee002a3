using Microsoft.AspNetCore.WebUtilities;
using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;
using Postern.Directory.Factors;

namespace Postern.Web.Tests;

/// <summary>A person sets up second factors and signs in with them, in a real browser.</summary>
[Collection(WebCollection.Name)]
public sealed class FactorTests(ChromiumFixture chromium) : IAsyncLifetime
{
    private LoginSite _site = null!;

    public async Task InitializeAsync() => _site = await LoginSite.StartAsync(host: "localhost");

    public async Task DisposeAsync() => await _site.DisposeAsync();

    [Theory]
    [MemberData(nameof(Visit.Looks), MemberType = typeof(Visit))]
    public async Task Person_ScansTheAppAndSignsInWithItsCode(string name, int width, int height, bool isDark)
    {
        await using var visit = await Visit.BeginAsync(chromium, _site, name, width, height, isDark);
        await visit.SignInAsync();
        await visit.FollowAsync("Sign-in");
        await visit.CheckAsync("factors-01-none");
        await visit.FollowAsync("Set up an app");
        await visit.CheckAsync("factors-02-app");
        var secret = Read(await QrPicture.ScanAsync(visit.Page));
        await visit.Page.GetByText("No camera? Type the secret").ClickAsync();
        await Assertions.Expect(visit.Page.Locator(".app-secret code")).ToHaveTextAsync(InGroups(Totp.ToBase32(secret)));
        await visit.CheckAsync("factors-03-secret");
        await visit.EnterAsync("Code of six digits", WrongCode(secret), "Turn on");
        await visit.ExpectAlertAsync("The code is not right.");
        await Assertions.Expect(visit.Page.GetByLabel("Code of six digits")).ToBeFocusedAsync();
        Assert.Equal(secret, Read(await QrPicture.ScanAsync(visit.Page))); // The same picture still.
        await visit.CheckAsync("factors-04-wrong");
        await visit.EnterAsync("Code of six digits", Totp.CodeAt(secret, DateTimeOffset.UtcNow), "Turn on");
        await visit.ExpectHeadingAsync("Keep these recovery codes");
        var codes = await visit.Page.Locator(".codes code").AllTextContentsAsync();
        Assert.Equal(10, codes.Count);
        await visit.CheckAsync("factors-05-recovery-codes");
        await visit.FollowAsync("I have kept them");
        await visit.ExpectStatusAsync("Your authenticator app is set up.");
        await visit.CheckAsync("factors-06-app-on");

        await SignOutAsync(visit);
        await PasswordAsync(visit);
        await visit.ExpectHeadingAsync("One more step");
        await Assertions.Expect(visit.Page.GetByLabel("Code", new() { Exact = true })).ToBeFocusedAsync();
        await visit.CheckAsync("factors-07-code");
        await visit.EnterAsync("Code", WrongCode(secret), "Continue");
        await visit.ExpectAlertAsync("The code is not right.");
        await visit.CheckAsync("factors-08-code-wrong");
        await ForgetStepsAsync(); // As if half a minute had gone by since the setup.
        await visit.EnterAsync("Code", Totp.CodeAt(secret, DateTimeOffset.UtcNow), "Continue");
        await visit.ExpectHeadingAsync("Your account");

        await SignOutAsync(visit);
        await PasswordAsync(visit);
        await visit.FollowAsync("Use a recovery code");
        await visit.CheckAsync("factors-09-recovery-code");
        await visit.EnterAsync("Recovery code", codes[0].ToUpperInvariant(), "Continue");
        await visit.FollowAsync("Sign-in");
        await Assertions.Expect(visit.Page.GetByText("9 left")).ToBeVisibleAsync();
        await visit.FollowAsync("Replace by new codes");
        await visit.CheckAsync("factors-10-new-codes");
        await visit.ClickAsync("Make codes");
        Assert.Empty((await visit.Page.Locator(".codes code").AllTextContentsAsync()).Intersect(codes, StringComparer.Ordinal));
        await visit.FollowAsync("I have kept them");
        await visit.FollowAsync("Remove");
        await visit.CheckAsync("factors-11-remove-app");
        await visit.ClickAsync("Remove");
        await visit.ExpectStatusAsync("The authenticator app is removed. You are signed out everywhere else.");
    }

    [Theory]
    [MemberData(nameof(Visit.Looks), MemberType = typeof(Visit))]
    public async Task Person_AddsAPasskeyAndSignsInWithNothingElse(string name, int width, int height, bool isDark)
    {
        await using var visit = await Visit.BeginAsync(chromium, _site, name, width, height, isDark);
        var device = await VirtualAuthenticator.PlugInAsync(visit.Page);
        await visit.SignInAsync();
        await visit.FollowAsync("Sign-in");
        await visit.FollowAsync("Add a passkey");
        await visit.CheckAsync("passkeys-01-add");
        await visit.Page.GetByLabel("Name").FillAsync("Work laptop");
        await visit.ClickAsync("Continue");
        await visit.ExpectHeadingAsync("Keep these recovery codes");
        Assert.Equal(1, await device.CountAsync());
        await visit.FollowAsync("I have kept them");
        await visit.ExpectStatusAsync("The passkey is added.");
        await visit.CheckAsync("passkeys-02-added");

        await SignOutAsync(visit);
        await visit.GoAsync("/login");
        await visit.CheckAsync("passkeys-03-sign-in");
        await device.RecognizeAsync(false);
        await visit.ClickAsync("Sign in with a passkey");
        await visit.ExpectAlertAsync("The passkey was not used");
        await visit.CheckAsync("passkeys-04-not-recognized");
        await device.RecognizeAsync(true);
        await visit.ClickAsync("Sign in with a passkey");
        await visit.ExpectHeadingAsync("Your account");

        await SignOutAsync(visit);
        await PasswordAsync(visit);
        await visit.ExpectHeadingAsync("One more step");
        await visit.CheckAsync("passkeys-05-second-factor");
        await visit.ClickAsync("Use a passkey");
        await visit.ExpectHeadingAsync("Your account");

        await visit.FollowAsync("Sign-in");
        await Assertions.Expect(visit.Page.GetByText("Last used just now.")).ToBeVisibleAsync();
        await visit.FollowAsync("Rename Work laptop");
        await visit.Page.GetByLabel("Name").FillAsync("Travel laptop");
        await visit.CheckAsync("passkeys-06-rename");
        await visit.ClickAsync("Save");
        await visit.ExpectStatusAsync("The passkey has its new name.");
        await StaleAsync();
        await visit.FollowAsync("Remove Travel laptop");
        await visit.ExpectHeadingAsync("Confirm that it is you");
        await visit.CheckAsync("passkeys-07-confirm");
        await visit.ClickAsync("Use a passkey");
        await visit.ExpectHeadingAsync("Remove the passkey?");
        await visit.CheckAsync("passkeys-08-remove");
        await visit.ClickAsync("Remove");
        await visit.ExpectStatusAsync("The passkey is removed. You are signed out everywhere else.");
    }

    [Theory]
    [MemberData(nameof(Visit.Looks), MemberType = typeof(Visit))]
    public async Task Client_ThatAsksForAFactor_LeadsThroughSettingOneUp(string name, int width, int height, bool isDark)
    {
        await using var visit = await Visit.BeginAsync(chromium, _site, name, width, height, isDark);
        await visit.SignInAsync();
        await StaleAsync();
        await using var client = new LoopbackClient(_site);
        await client.StartAsync();
        await visit.Page.GotoAsync(client.AuthorizeUrl() + "&amr=mfa");
        await visit.ExpectHeadingAsync("Add a second factor");
        await visit.CheckAsync("step-up-01-choice");
        await visit.FollowAsync("Set up an authenticator app");
        await visit.ExpectHeadingAsync("Confirm that it is you");
        await visit.CheckAsync("step-up-02-password");
        await visit.Page.GetByLabel("Password").FillAsync(LoginSite.Password);
        await visit.ClickAsync("Continue");
        var secret = Read(await QrPicture.ScanAsync(visit.Page));
        await visit.EnterAsync("Code of six digits", Totp.CodeAt(secret, DateTimeOffset.UtcNow), "Turn on");
        await visit.FollowAsync("I have kept them");
        await visit.ExpectHeadingAsync("Allow Postern command line?");
        await visit.CheckAsync("step-up-03-consent");
    }

    [Fact]
    public async Task SecondFactor_NeedsNoScript_AndTheKeyboardIsEnough()
    {
        await using var visit = await Visit.BeginAsync(chromium, _site, "keyboard");
        await visit.SignInAsync();
        await visit.GoAsync("/account/security/authenticator");
        var secret = Read(await QrPicture.ScanAsync(visit.Page));
        await visit.EnterAsync("Code of six digits", Totp.CodeAt(secret, DateTimeOffset.UtcNow), "Turn on");
        await ForgetStepsAsync();

        await using var context = await chromium.Browser.NewContextAsync(new() { JavaScriptEnabled = false });
        var page = await context.NewPageAsync();
        await page.GotoAsync(_site.Url + "/login");
        await Assertions.Expect(page.GetByText("Sign in with a passkey")).ToBeHiddenAsync();
        await page.Keyboard.TypeAsync(LoginSite.Email);
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.TypeAsync(LoginSite.Password);
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.GetByLabel("Code", new() { Exact = true })).ToBeFocusedAsync();
        await page.ScreenshotAsync(new() { Path = Path.Combine(ChromiumFixture.Screenshots, "factors-12-no-script.png") });
        await page.Keyboard.TypeAsync(Totp.CodeAt(secret, DateTimeOffset.UtcNow));
        await page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Continue" })).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Your account");
    }

    private static async Task PasswordAsync(Visit visit)
    {
        await visit.GoAsync("/login");
        await visit.Page.GetByLabel("E-mail address").FillAsync(LoginSite.Email);
        await visit.Page.GetByLabel("Password", new() { Exact = true }).FillAsync(LoginSite.Password);
        await visit.ClickAsync("Sign in");
    }

    private static async Task SignOutAsync(Visit visit)
    {
        await visit.GoAsync("/user/logout");
        await visit.ClickAsync("Sign out");
    }

    // What an app keeps of the picture.
    private static byte[] Read(string address)
    {
        Assert.StartsWith("otpauth://totp/Postern:ada%40example.com?", address, StringComparison.Ordinal);
        var query = QueryHelpers.ParseQuery(new Uri(address).Query);
        Assert.Equal(("Postern", "SHA1", "6", "30"), (query["issuer"].ToString(), query["algorithm"].ToString(), query["digits"].ToString(), query["period"].ToString()));
        return AuthenticatorPhone.SecretOf(address);
    }

    private static string InGroups(string text) => string.Join(' ', text.Chunk(4).Select(group => new string(group)));

    private static string WrongCode(byte[] secret)
    {
        var now = DateTimeOffset.UtcNow;
        var right = Enumerable.Range(-3, 7).Select(i => Totp.CodeAt(secret, now + (i * Totp.Step))).ToHashSet(StringComparer.Ordinal);
        return Enumerable.Range(0, 8).Select(i => $"00000{i}").First(code => !right.Contains(code));
    }

    private Task ForgetStepsAsync() => _site.ChangeAsync(
        context => context.AuthenticatorApps.ExecuteUpdateAsync(row => row.SetProperty(app => app.LastStep, 0)));

    // As if the sign-in had been an hour ago.
    private Task StaleAsync() => _site.ChangeAsync(context => context.Sessions.ExecuteUpdateAsync(row => row
        .SetProperty(s => s.AuthTime, DateTimeOffset.UtcNow - TimeSpan.FromHours(1))
        .SetProperty(s => s.ConfirmedAt, (DateTimeOffset?)null)));
}
