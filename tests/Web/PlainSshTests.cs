using System.Diagnostics;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Postern.Web.Tests;

/// <summary>Plain ssh with nothing in its hands, let in by a person in a real browser, against the real server.</summary>
[Collection(WebCollection.Name)]
public sealed partial class PlainSshTests(ChromiumFixture chromium) : IAsyncLifetime
{
    private const string Email = "ada@example.com";
    private const string Password = "correct horse battery";
    private const string Service = "abcdefg123456-main-bvxea6i--app";

    private PosternInstallation _postern = null!;

    public async Task InitializeAsync()
    {
        _postern = await PosternInstallation.CreateAsync();
        await _postern.AddPersonWithPasswordAsync(Email, Password, "Ada", "Lovelace");
        await _postern.ApplyAsync($$"""
            organizations:
              - name: acme
                label: Acme
                owner: {{Email}}
            projects:
              - id: abcdefg123456
                title: Test Project
                organization: acme
                default_branch: main
                environments:
                  main:
                    type: production
                    apps:
                      app: { type: "bash:5" }
            """);
        await _postern.StartAsync();
    }

    public async Task DisposeAsync() => await _postern.DisposeAsync();

    [Fact]
    public async Task Person_FollowsTheLinkComparesAndAllows()
    {
        using var ssh = Connect("echo hello from \\$PLATFORM_APPLICATION_NAME");
        var (link, code) = await ReadLinkAsync(ssh);
        await using var context = await chromium.Browser.NewContextAsync(new() { ViewportSize = new() { Width = 360, Height = 740 } });
        var page = await context.NewPageAsync();
        await page.GotoAsync(link);
        await SignInAsync(page);
        await Assertions.Expect(page.GetByText(code, new() { Exact = true })).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByText("127.0.0.1", new() { Exact = true })).ToBeVisibleAsync();
        await Assertions.Expect(page.GetByText($"Open an SSH connection to {Service}")).ToBeVisibleAsync();
        await page.ScreenshotAsync(new() { Path = Path.Combine(ChromiumFixture.Screenshots, "plain-ssh-1-allow.png"), FullPage = true });
        await page.AssertAccessibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Allow", Exact = true }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Device allowed");

        Assert.EndsWith("hello from app\r\n", await ssh.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(60)), StringComparison.Ordinal);
        await ssh.WaitForExitAsync();
        Assert.Equal(0, ssh.ExitCode);
    }

    [Fact]
    public async Task ConnectionThatWasAllowed_IsASession_AndEndsWithIt()
    {
        using var ssh = Connect("sleep 600");
        var (link, _) = await ReadLinkAsync(ssh);
        await using var context = await chromium.Browser.NewContextAsync();
        var page = await context.NewPageAsync();
        await page.GotoAsync(link);
        await SignInAsync(page);
        await page.GetByRole(AriaRole.Button, new() { Name = "Allow", Exact = true }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Device allowed");
        var signOut = page.GetByRole(AriaRole.Button, new() { NameRegex = SignOutPattern() });
        for (var i = 0; i < 60 && await signOut.CountAsync() == 0; i++)
        {
            await page.GotoAsync(_postern.Url + "/account/sessions");
            await page.WaitForTimeoutAsync(250);
        }

        await page.ScreenshotAsync(new() { Path = Path.Combine(ChromiumFixture.Screenshots, "plain-ssh-2-sessions.png"), FullPage = true });
        var end = ssh.StandardOutput.ReadToEndAsync();
        var clock = Stopwatch.StartNew();
        await signOut.ClickAsync();
        await ssh.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(255, ssh.ExitCode);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Assert.Contains("PST-203", await end, StringComparison.Ordinal);
    }

    // In a terminal, as a person has it: ssh asks there, and what it says comes from there.
    private Process Connect(string command) => Programs.Start("script",
    [
        "--quiet", "--return", "--command",
        $"ssh -F none -p {_postern.SshPort} -o PubkeyAuthentication=no -o StrictHostKeyChecking=no "
            + $"-o UserKnownHostsFile={_postern.Folder}/known_hosts {Service}@127.0.0.1 \"{command}\"",
        "/dev/null",
    ]);

    // Answers the question, then reads until the link is there.
    private static async Task<(string Link, string Code)> ReadLinkAsync(Process ssh)
    {
        await ReadUntilAsync(ssh, QuestionPattern());
        await ssh.StandardInput.WriteAsync("y\n");
        await ssh.StandardInput.FlushAsync();
        var match = await ReadUntilAsync(ssh, LinkPattern());
        return (match.Groups["link"].Value, match.Groups["code"].Value);
    }

    private static async Task<Match> ReadUntilAsync(Process ssh, Regex pattern)
    {
        var shown = "";
        var buffer = new char[4096];
        while (true)
        {
            if (pattern.Match(shown) is { Success: true } match)
            {
                return match;
            }

            var read = await ssh.StandardOutput.ReadAsync(buffer).AsTask().WaitAsync(TimeSpan.FromSeconds(60));
            Assert.True(read > 0, shown);
            shown += new string(buffer, 0, read);
        }
    }

    private static async Task SignInAsync(IPage page)
    {
        await page.GetByLabel("E-mail address").FillAsync(Email);
        await page.GetByLabel("Password", new() { Exact = true }).FillAsync(Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Allow this device?");
    }

    [GeneratedRegex(@"Sign in with a browser\? \[y/N\] $", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex QuestionPattern();

    [GeneratedRegex(@"(?<link>http://\S+/device\?user_code=(?<code>[A-Z]{4}-[A-Z]{4}))\s", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LinkPattern();

    [GeneratedRegex("^Sign out An SSH connection", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SignOutPattern();
}
