using Microsoft.Data.Sqlite;
using Microsoft.Playwright;

namespace Postern.Web.Tests;

/// <summary>
/// <c>postern login --device</c> on a machine without a browser, decided on a phone: the built command line, the real server,
/// and a second browser that signs in there.
/// </summary>
[Collection(WebCollection.Name)]
public sealed class DeviceLoginTests(ChromiumFixture chromium) : IAsyncLifetime
{
    private const string Email = "ada@example.com";

    private PosternInstallation _postern = null!;

    public async Task InitializeAsync()
    {
        _postern = await PosternInstallation.CreateAsync();
        await _postern.AddPersonWithPasswordAsync(Email, LoginSite.Password, "Ada", "Lovelace");
        await _postern.StartAsync();
    }

    public async Task DisposeAsync() => await _postern.DisposeAsync();

    [Fact]
    public async Task Allowed_OnAPhoneThatSignsInThere_WhileTheLaptopStaysWhoItIs()
    {
        await _postern.AddPersonWithPasswordAsync("linus@example.com", LoginSite.Password, "Linus", "Torvalds");
        await using var laptop = await Visit.BeginAsync(chromium, _postern.Url, "desktop-dark", isDark: true);
        await laptop.SignInAsync("linus@example.com");
        await using var phone = await Visit.BeginAsync(chromium, _postern.Url, "narrow", 360, 740);
        var home = _postern.MakeHome("allowed");
        var login = await new PersonalCommandLine(home).RunAsync(
            async page =>
            {
                await phone.Page.GotoAsync(page);
                await phone.CheckAsync("device-login-1-sign-in");
                await phone.EnterPasswordAsync(Email);
                await phone.ExpectHeadingAsync("Allow this device?");
                await Assertions.Expect(phone.Page.GetByText(page[^9..], new() { Exact = true })).ToBeVisibleAsync();
                await phone.CheckAsync("device-login-2-allow");

                // Whoever is signed in at the laptop sees themselves there, and does nothing.
                await laptop.Page.GotoAsync(page);
                await Assertions.Expect(laptop.Page.GetByText("Linus Torvalds")).ToBeVisibleAsync();
                await laptop.CheckAsync("device-login-3-somebody-else");

                await phone.ClickAsync("Allow");
                await phone.ExpectHeadingAsync("Device allowed");
                await phone.CheckAsync("device-login-4-allowed");
            },
            "login", "--device", "--server", _postern.Url);
        Assert.True(login.ExitCode == 0, login.ToString());
        Assert.Contains($"Email address: {Email}", login.Error, StringComparison.Ordinal);
        Assert.Equal(Email, await home.ReadPosternAsync("auth:info", "email"));
        await phone.GoAsync("/account/sessions");
        await Assertions.Expect(phone.Page.GetByText("Postern command line")).ToBeVisibleAsync();
        await phone.CheckAsync("device-login-5-sessions");
    }

    [Fact]
    public async Task StepUp_IsDoneOnThePhoneBeforeItCanAllow()
    {
        await using var phone = await Visit.BeginAsync(chromium, _postern.Url, "narrow-dark", 360, 740, isDark: true);
        await phone.SignInAsync(Email);
        await SqlAsync("UPDATE sessions SET auth_time = auth_time - 3600000"); // As if that had been an hour ago.
        var home = _postern.MakeHome("step-up");
        var login = await new PersonalCommandLine(home).RunAsync(
            async page =>
            {
                await phone.Page.GotoAsync(page);
                await phone.ExpectHeadingAsync("Sign in"); // For max_age, though somebody is signed in.
                await phone.CheckAsync("device-login-6-again");
                await phone.EnterPasswordAsync(Email);
                await phone.ExpectHeadingAsync("Add a second factor"); // For amr.
                await phone.CheckAsync("device-login-7-factor");
                await phone.FollowAsync("Set up an authenticator app");
                await phone.SetUpAppAsync();
                await phone.ExpectHeadingAsync("Allow this device?");
                await phone.ClickAsync("Allow");
                await phone.ExpectHeadingAsync("Device allowed");
            },
            "login", "--device", "--method", "mfa", "--max-age", "600", "--server", _postern.Url);
        Assert.True(login.ExitCode == 0, login.ToString());
        Assert.Contains("Multi-factor authentication: verified", (await home.PosternAsync("ssh-cert:load")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DeniedOrTooLate_EndsTheCommandWithTheReason()
    {
        await using var phone = await Visit.BeginAsync(chromium, _postern.Url, "desktop");
        await phone.SignInAsync(Email);
        var denied = await new PersonalCommandLine(_postern.MakeHome("denied")).RunAsync(
            async page =>
            {
                await phone.Page.GotoAsync(page);
                await phone.ClickAsync("Deny");
                await phone.ExpectHeadingAsync("Device denied");
                await phone.CheckAsync("device-login-8-denied");
                await phone.Page.GotoAsync(page); // The code is worth nothing any more.
                await phone.ExpectAlertAsync("No sign-in waits with this code.");
            },
            "login", "--device", "--server", _postern.Url);
        Assert.Equal(1, denied.ExitCode);
        Assert.Contains("The login was denied: ", denied.Error, StringComparison.Ordinal);

        var late = await new PersonalCommandLine(_postern.MakeHome("late")).RunAsync(
            async page =>
            {
                await SqlAsync("UPDATE device_requests SET expires_at = expires_at - 600000"); // As if ten minutes had gone by.
                await phone.Page.GotoAsync(page);
                await phone.ExpectAlertAsync("No sign-in waits with this code.");
                await phone.CheckAsync("device-login-9-too-late");
            },
            "login", "--device", "--server", _postern.Url);
        Assert.Equal(1, late.ExitCode);
        Assert.Contains("Nobody allowed the login in time. Please try again.", late.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("You are logged in.", denied.Error + late.Error, StringComparison.Ordinal);
    }

    // Time goes by in the server's database, since nobody waits for it here.
    private async Task SqlAsync(string statement)
    {
        await using var connection = new SqliteConnection($"Data Source={_postern.Folder}/data/postern.db;Mode=ReadWrite;Pooling=False");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = statement;
        Assert.NotEqual(0, await command.ExecuteNonQueryAsync());
    }
}
