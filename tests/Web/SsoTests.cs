using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using Microsoft.Playwright;

namespace Postern.Web.Tests;

/// <summary>
/// Single sign-on as a company meets it: a real provider, a real server, a real browser, the command line and the stock ssh client.
/// </summary>
[Collection(WebCollection.Name)]
public sealed class SsoTests(ChromiumFixture chromium) : IAsyncLifetime
{
    private const string Password = "correct horse battery";
    private const string Destination = "abcdefg123456-main-bvxea6i--app@ssh.local.postern.test";

    private PosternInstallation _postern = null!;
    private OidcProvider _provider = null!;

    public async Task InitializeAsync()
    {
        _postern = await PosternInstallation.CreateAsync("login:\n  sso_internal_hosts: 127.0.0.1\n");
        _provider = await OidcProvider.StartAsync($"{_postern.Url}/login/sso/acme/callback");
        foreach (var name in new[] { "ada", "grace" })
        {
            var added = await Programs.RunAsync(
                Path.Combine(Repository.Programs, "postern-server"),
                ["user", "add", $"{name}@example.com", "--first-name", name, "--password-stdin", "--config", _postern.ConfigurationFile],
                input: Password + "\n");
            Assert.True(added.ExitCode == 0, added.ToString());
        }

        await _postern.ApplyAsync("""
            organizations:
              - name: acme
                label: Acme Inc.
                owner: ada@example.com
                members: { grace@example.com: member }
            projects:
              - id: abcdefg123456
                title: Test Project
                organization: acme
                default_branch: main
                members:
                  grace@example.com: { role: viewer, production: contributor }
                environments:
                  main:
                    type: production
                    apps:
                      app: { type: "bash:5" }
            """);
        await _postern.OperateAsync("sso", "domain", "add", "example.com", "acme");
        await _postern.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _postern.DisposeAsync();
        await _provider.DisposeAsync();
    }

    [Fact]
    public async Task Company_SignsInAtItsProvider()
    {
        // Ada looks after the organization, and adds its provider.
        await using var office = await chromium.Browser.NewContextAsync();
        var admin = await office.NewPageAsync();
        await admin.GotoAsync(_postern.Url + "/login");
        await FillPasswordAsync(admin, "ada@example.com");
        await HeadingAsync(admin, "Your account");
        await admin.GotoAsync(_postern.Url + "/account/organizations");
        await FollowAsync(admin, "Acme Inc.");
        await FollowAsync(admin, "Security");
        await FollowAsync(admin, "Set up single sign-on…");
        await FollowAsync(admin, "Add a provider");
        await admin.GetByLabel("Name for people").FillAsync("Acme");
        await admin.GetByLabel("Short name").FillAsync("acme");
        await admin.GetByLabel("Issuer").FillAsync(_provider.Issuer);
        await admin.GetByLabel("Client id").FillAsync(OidcProvider.ClientId);
        await admin.GetByLabel("Client secret").FillAsync(OidcProvider.Secret);
        await admin.GetByLabel("example.com", new() { Exact = true }).CheckAsync();
        await ClickAsync(admin, "Add provider");
        await Assertions.Expect(admin.GetByRole(AriaRole.Status)).ToContainTextAsync("The provider is added.");
        await ClickAsync(admin, "Test Acme");
        await Assertions.Expect(admin.GetByRole(AriaRole.Status)).ToContainTextAsync("Acme answers");
        Assert.DoesNotContain(OidcProvider.Secret, await admin.ContentAsync(), StringComparison.Ordinal);

        // Grace types her address, is sent there, and lands signed in.
        await using var home = await chromium.Browser.NewContextAsync(new() { ViewportSize = new() { Width = 360, Height = 740 } });
        var person = await home.NewPageAsync();
        await person.GotoAsync(_postern.Url + "/login");
        await person.GetByLabel("E-mail address").FillAsync("grace@example.com");
        await PictureAsync(person, "sso-1-sign-in");
        await ClickAsync(person, "Use single sign-on");
        await SignInThereAsync(person, "grace");
        await HeadingAsync(person, "Your account");
        await Assertions.Expect(person.GetByText("grace@example.com")).ToBeVisibleAsync();
        await PictureAsync(person, "sso-2-account");

        // Now that it works it is required.
        await admin.Locator("summary[aria-label='Require Acme']").ClickAsync();
        await PictureAsync(admin, "sso-3-require");
        await ClickAsync(admin, "Require Acme now");

        // Which holds for Ada herself: her password session is over.
        await admin.GotoAsync(_postern.Url + "/account");
        await HeadingAsync(admin, "Sign in");
        await FillPasswordAsync(admin, "ada@example.com");
        await SignInThereAsync(admin, "ada");
        await HeadingAsync(admin, "Your account");
        await admin.GotoAsync(_postern.Url + "/account/organizations");
        await FollowAsync(admin, "Acme Inc.");
        await FollowAsync(admin, "Security");
        await PictureAsync(admin, "sso-4-security");

        // Plain keys and tokens of people open nothing any more; the text says what does.
        var laptop = _postern.MakeHome("laptop");
        await laptop.UseServerAsync();
        await LogInAsync(laptop, person);
        var certificate = System.IO.Directory.GetFiles(laptop.Folder, "*-cert.pub", SearchOption.AllDirectories).Single();
        var shown = await Programs.ReadAsync("ssh-keygen", ["-L", "-f", certificate]);
        Assert.Contains("token-claims@postern.test", shown, StringComparison.Ordinal);
        Assert.Contains("\"sso:acme\"", Decode(await File.ReadAllTextAsync(certificate)), StringComparison.Ordinal);
        Assert.Equal("hello from app\n", (await laptop.SshAsync(Destination, "echo hello from $PLATFORM_APPLICATION_NAME")).Output);

        var key = Path.Combine(laptop.Folder, "plain");
        await Programs.ReadAsync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
        await laptop.ReadPosternAsync("ssh-key:add", key + ".pub", "--yes");
        var refused = await Programs.RunAsync("ssh",
        [
            "-F", "none", "-i", key, "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no",
            "-o", $"UserKnownHostsFile={laptop.Folder}/known_hosts", "-p", $"{_postern.SshPort}", Destination.Split('@')[0] + "@127.0.0.1", "true",
        ]);
        Assert.Equal(255, refused.ExitCode);
        Assert.Contains("Parameters: {\"amr\":[\"sso:acme\"]}", refused.Error, StringComparison.Ordinal);
        Assert.Contains("\t - Single sign-on (SSO), provider: \"acme\"", refused.Error, StringComparison.Ordinal);
        Assert.Contains("Code: PST-306", refused.Error, StringComparison.Ordinal);

        // Grace leaves the company.
        await using var running = new RunningCommand(Programs.Start(
            "ssh", ["-F", laptop.SshConfiguration, "-o", "BatchMode=yes", Destination, "echo started; sleep 600"], laptop.Environment));
        Assert.Equal("started", await running.Process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60)));
        await _provider.DeactivateAsync("grace");
        await PretendThatAnAccessTokenExpiredAsync(laptop);
        var told = await laptop.PosternAsync("projects");
        Assert.NotEqual(0, told.ExitCode);
        Assert.Contains("Your SSO session has expired. You have been logged out.", told.Error, StringComparison.Ordinal);
        await running.Process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(255, running.Process.ExitCode);
        await person.GotoAsync(_postern.Url + "/account");
        await HeadingAsync(person, "Sign in");
        Assert.DoesNotContain(OidcProvider.Secret, _postern.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stranger_FromTheProvider_IsToldWhy()
    {
        var added = await Programs.RunAsync(
            Path.Combine(Repository.Programs, "postern-server"),
            [
                "sso", "add", "acme", "--organization", "acme", "--label", "Acme", "--issuer", _provider.Issuer, "--client-id", OidcProvider.ClientId,
                "--domain", "example.com", "--config", _postern.ConfigurationFile,
            ],
            input: OidcProvider.Secret + "\n");
        Assert.True(added.ExitCode == 0, added.ToString());
        Assert.Contains("provider\tacme\tacme\t" + _provider.Issuer, await _postern.OperateAsync("sso", "list"), StringComparison.Ordinal);
        await using var context = await chromium.Browser.NewContextAsync(new() { ViewportSize = new() { Width = 360, Height = 740 } });
        var page = await context.NewPageAsync();

        // The page on the way there goes on by itself, so it is shown without its header for that, and left by its link.
        await page.RouteAsync(_postern.Url + "/login/sso/acme", async route =>
        {
            var answer = await route.FetchAsync();
            await route.FulfillAsync(new() { Response = answer, Headers = answer.Headers.Where(header => header.Key != "refresh") });
        });
        await page.GotoAsync(_postern.Url + "/login/sso/acme");
        await HeadingAsync(page, "On to Acme");
        await PictureAsync(page, "sso-6-on-the-way");
        await FollowAsync(page, "Continue with Acme");
        await SignInThereAsync(page, "mallory");
        await HeadingAsync(page, "You are not signed in");
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("There is no account for mallory@example.com here");
        await PictureAsync(page, "sso-5-stranger");
        await page.AssertAccessibleAsync();
        Assert.NotEqual(0, (await _postern.TryOperateAsync("sso", "enforce", "acme")).ExitCode);
    }

    /// <summary>Types name and password at the provider, and agrees that it tells us.</summary>
    private async Task SignInThereAsync(IPage page, string name)
    {
        await page.WaitForURLAsync(url => url.StartsWith(_provider.Issuer, StringComparison.Ordinal));
        await page.Locator("input[name=login]").FillAsync(name);
        await page.Locator("input[name=password]").FillAsync("whatever");
        await page.Locator("button[type=submit]").ClickAsync();
        await page.GetByText("Continue").WaitForAsync();
        await page.Locator("button[type=submit]").ClickAsync();
        await page.WaitForURLAsync(url => url.StartsWith(_postern.Url, StringComparison.Ordinal));
    }

    /// <summary><c>postern login --method sso:acme</c> in this browser, and a certificate.</summary>
    private static async Task LogInAsync(PersonalHome home, IPage page)
    {
        var login = await new PersonalCommandLine(home).RunAsync(
            async url =>
            {
                await page.GotoAsync(url);
                await page.GetByRole(AriaRole.Button, new() { Name = "Allow", Exact = true }).ClickAsync();
                await Assertions.Expect(page.GetByText("You can return to the command line")).ToBeVisibleAsync();
            },
            "login", "--method", "sso:acme", "--browser", "0");
        Assert.True(login.ExitCode == 0, login.ToString());
        Assert.Contains("SSO provider(s): acme", (await home.PosternAsync("ssh-cert:load", "--yes")).Error, StringComparison.Ordinal);
    }

    /// <summary>A quarter of an hour passes, for the command line's token and for the server's last question to the provider.</summary>
    private async Task PretendThatAnAccessTokenExpiredAsync(PersonalHome home)
    {
        await using (var database = new SqliteConnection($"Data Source={_postern.Folder}/data/postern.db"))
        {
            await database.OpenAsync();
            await using var command = database.CreateCommand();
            command.CommandText = "UPDATE sso_logins SET checked_at = checked_at - 900000";
            Assert.NotEqual(0, await command.ExecuteNonQueryAsync());
        }

        var file = System.IO.Directory.GetFiles(home.Folder, "sess-*.json", SearchOption.AllDirectories).Single();
        var session = JsonNode.Parse(await File.ReadAllTextAsync(file))!;
        session["expires"] = 1;
        await File.WriteAllTextAsync(file, session.ToJsonString());
    }

    private static string Decode(string certificate) => System.Text.Encoding.Latin1.GetString(Convert.FromBase64String(certificate.Split(' ')[1]));

    private static async Task FillPasswordAsync(IPage page, string email)
    {
        await page.GetByLabel("E-mail address").FillAsync(email);
        await page.GetByLabel("Password", new() { Exact = true }).FillAsync(Password);
        await ClickAsync(page, "Sign in");
    }

    private static async Task PictureAsync(IPage page, string name)
    {
        await page.ScreenshotAsync(new() { Path = Path.Combine(ChromiumFixture.Screenshots, name + ".png"), FullPage = true });
        await page.AssertAccessibleAsync();
    }

    private static Task HeadingAsync(IPage page, string text) =>
        Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync(text);

    private static Task ClickAsync(IPage page, string button) => page.GetByRole(AriaRole.Button, new() { Name = button, Exact = true }).ClickAsync();

    private static Task FollowAsync(IPage page, string link) => page.GetByRole(AriaRole.Link, new() { Name = link, Exact = true }).ClickAsync();

    /// <summary>A program that does not outlive the test.</summary>
    private sealed class RunningCommand(Process process) : IAsyncDisposable
    {
        public Process Process => process;

        public async ValueTask DisposeAsync()
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync();
            }

            process.Dispose();
        }
    }
}
