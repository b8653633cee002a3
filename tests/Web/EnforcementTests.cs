using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Postern.Web.Tests;

/// <summary>
/// An owner requires MFA of everybody, and a member lives through it: the real server, Chromium, the built command line and
/// the ssh of this machine.
/// </summary>
[Collection(WebCollection.Name)]
public sealed partial class EnforcementTests(ChromiumFixture chromium) : IAsyncLifetime
{
    private const string Owner = "olga@example.com";
    private const string Member = "max@example.com";
    private const string Project = "abcdefg123456";
    private const string Destination = Project + "-main-bvxea6i--app@ssh.local.postern.test";

    private PosternInstallation _postern = null!;
    private PersonalHome _home = null!;

    public async Task InitializeAsync()
    {
        _postern = await PosternInstallation.CreateAsync();
        await _postern.AddPersonWithPasswordAsync(Owner, LoginSite.Password, "Olga", "Owner");
        await _postern.AddPersonWithPasswordAsync(Member, LoginSite.Password, "Max", "Member");
        await _postern.ApplyAsync($$"""
            organizations:
              - name: acme
                label: Acme
                owner: {{Owner}}
            projects:
              - id: {{Project}}
                title: Test Project
                organization: acme
                default_branch: main
                members:
                  {{Member}}: { role: viewer, production: contributor }
                environments:
                  main:
                    type: production
                    apps:
                      app: { type: "bash:5" }
            """);
        await _postern.StartAsync();
        _home = _postern.MakeHome("max");
    }

    public async Task DisposeAsync() => await _postern.DisposeAsync();

    [Fact]
    public async Task Member_IsRefusedEverywhereAndGetsInAgainWithASecondFactor()
    {
        await using var member = await Visit.BeginAsync(chromium, _postern.Url, "desktop");
        await member.SignInAsync(Member);
        var oldToken = await MakeTokenAsync(member, "before");
        var shell = new PersonalCommandLine(_home);
        var login = await shell.RunAsync(page => AllowAsync(member, page), "login", "--server", _postern.Url);
        Assert.True(login.ExitCode == 0, login.ToString());
        Assert.Contains("Multi-factor authentication: not verified", (await _home.PosternAsync("ssh-cert:load")).Error, StringComparison.Ordinal);
        await AssertEverythingWorksAsync();
        await AssertTokenAsync(oldToken, works: true);
        using var open = Programs.Start("ssh", ["-F", _home.SshConfiguration, Destination, "echo in; sleep 600"], _home.Environment);
        Assert.Equal("in", await open.StandardOutput.ReadLineAsync());

        await RequireMfaAsync();

        // What was open ends, with the reason.
        await open.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Contains("PST-301", await open.StandardError.ReadToEndAsync(), StringComparison.Ordinal);

        var api = await _home.PosternAsync("environments", "-p", Project);
        Assert.Equal(3, api.ExitCode);
        Assert.Contains("Multi-factor authentication (MFA) is required.", api.Error, StringComparison.Ordinal);
        Assert.Contains("Please log in by running:\n      postern login --method mfa", api.Error, StringComparison.Ordinal);
        var viaCli = await _home.PosternAsync("ssh", "-p", Project, "-e", "main", "echo hello");
        Assert.Equal(3, viaCli.ExitCode);
        Assert.Contains("Multi-factor authentication (MFA) is required.", viaCli.Error, StringComparison.Ordinal);
        var plain = await _home.SshAsync(Destination, "true");
        Assert.Equal(255, plain.ExitCode);
        Assert.Matches(RefusalPattern(), plain.Error.Replace("\r\n", "\n", StringComparison.Ordinal));
        await AssertTokenAsync(oldToken, works: false);

        // The authenticator app, and what the page says until then.
        await member.GoAsync("/account/organizations");
        await member.FollowAsync("Sign-in");
        await member.FollowAsync("Set up an app");
        await member.SetUpAppAsync();
        await member.ExpectStatusAsync("Your authenticator app is set up.");
        Assert.Equal(3, (await _home.PosternAsync("environments", "-p", Project)).ExitCode); // The login on this machine is still the old one.

        var again = await shell.RunAsync(page => ContinueAndAllowAsync(member, page), "login", "-f");
        Assert.True(again.ExitCode == 0, again.ToString());
        await AssertEverythingWorksAsync();
        var certificate = System.IO.Directory.GetFiles(_home.Folder, "*-cert.pub", SearchOption.AllDirectories).Single();
        Assert.Contains("has-mfa@", await Programs.ReadAsync("ssh-keygen", ["-L", "-f", certificate]), StringComparison.Ordinal);
        await AssertTokenAsync(oldToken, works: false);
        await AssertTokenAsync(await MakeTokenAsync(member, "after"), works: true);
    }

    [Fact]
    public async Task CommandLine_StartsTheLoginThatHelpsAndGoesOn()
    {
        await using var member = await Visit.BeginAsync(chromium, _postern.Url, "narrow", 360, 740);
        await member.SignInAsync(Member);
        var shell = new PersonalCommandLine(_home);
        await shell.RunAsync(page => AllowAsync(member, page), "login", "--server", _postern.Url);
        await RequireMfaAsync();

        var result = await shell.RunAsync(
            async page =>
            {
                await member.Page.GotoAsync(page);
                await member.ExpectHeadingAsync("Add a second factor");
                await member.CheckAsync("enforcement-6-step-up");
                await member.FollowAsync("Set up an authenticator app");
                await member.SetUpAppAsync();
                await ClickAllowAsync(member);
            },
            "ssh", "-p", Project, "-e", "main", "echo hello");
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal("hello\n", result.Output);
        Assert.Contains("Multi-factor authentication (MFA) is required.\nLog in via a browser? [Y/n]", result.Error, StringComparison.Ordinal);
        Assert.Single(QuestionPattern().Matches(result.Error));
        await AssertEverythingWorksAsync();
    }

    // The owner cannot until they have a second factor themselves, and then can.
    private async Task RequireMfaAsync()
    {
        await using var owner = await Visit.BeginAsync(chromium, _postern.Url, "desktop");
        await owner.SignInAsync(Owner);
        await owner.FollowAsync("Organizations");
        await owner.FollowAsync("Acme");
        await owner.FollowAsync("Security");
        await Assertions.Expect(owner.Page.GetByText("Not required.")).ToBeVisibleAsync();
        await Assertions.Expect(owner.Page.GetByText("Only somebody who signed in with a second factor can require one of others.")).ToBeVisibleAsync();
        await Assertions.Expect(owner.Page.GetByRole(AriaRole.Link, new() { Name = "Require MFA…" })).ToHaveCountAsync(0);
        await owner.CheckAsync("enforcement-1-owner-without");
        var security = owner.Page.Url;
        await owner.Page.GotoAsync(security + "/require");
        await owner.ExpectAlertAsync("second factor");
        await owner.CheckAsync("enforcement-2-owner-refused");

        await owner.FollowAsync("Set up yours");
        await owner.FollowAsync("Set up an app");
        await owner.SetUpAppAsync();
        await owner.Page.GotoAsync(security);
        await Assertions.Expect(owner.Page.GetByText("1 of 2 people have a second factor.")).ToBeVisibleAsync();
        await owner.CheckAsync("enforcement-3-owner-with");
        await owner.FollowAsync("Require MFA…");
        await Assertions.Expect(owner.Page.GetByText("1 person has none yet")).ToBeVisibleAsync();
        await owner.CheckAsync("enforcement-4-question");
        await owner.ClickAsync("Require MFA");
        await owner.ExpectStatusAsync("MFA is required from now on.");
        await owner.CheckAsync("enforcement-5-required");
    }

    private async Task AssertEverythingWorksAsync()
    {
        var api = await _home.PosternAsync("environments", "-p", Project, "--format", "plain", "--columns", "id", "--no-header");
        Assert.Equal((0, "main\n"), (api.ExitCode, api.Output));
        var viaCli = await _home.PosternAsync("ssh", "-p", Project, "-e", "main", "echo hello");
        Assert.True(viaCli.Output == "hello\n", viaCli.ToString());
        var plain = await _home.SshAsync(Destination, "echo hello");
        Assert.True(plain.Output == "hello\n", plain.ToString());
    }

    // As a machine uses it: the API by the command line, and ssh with the certificate that the token gets.
    private async Task AssertTokenAsync(string token, bool works)
    {
        var machine = _postern.MakeHome(Path.GetRandomFileName(), token);
        await machine.UseServerAsync();
        var api = await machine.PosternAsync("environments", "-p", Project);
        await machine.ReadPosternAsync("ssh-cert:load", "--yes");
        var ssh = await machine.SshAsync(Destination, "true");
        if (works)
        {
            Assert.True((api.ExitCode, ssh.ExitCode) == (0, 0), $"{api}\n{ssh}");
            return;
        }

        Assert.Equal((3, 255), (api.ExitCode, ssh.ExitCode));
        Assert.Contains("The API token may need to be re-created after enabling MFA.", api.Error, StringComparison.Ordinal);
        Assert.Contains("Code: PST-301", ssh.Error, StringComparison.Ordinal);
        Assert.Contains("Fix: The API token may need to be re-created after enabling MFA", ssh.Error, StringComparison.Ordinal);

        // What other programs read: the documented text, in the header and in the body.
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{_postern.Url}/projects/{Project}/environments");
        request.Headers.Authorization = new("Bearer", await machine.ReadPosternAsync("auth:token", "-W"));
        using var answer = await http.SendAsync(request);
        Assert.Equal(401, (int)answer.StatusCode);
        const string Documented = "Multifactor authentication (MFA) is required. The API token may need to be re-created after enabling MFA.";
        Assert.Contains(Documented, answer.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
        Assert.Contains(Documented, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static async Task<string> MakeTokenAsync(Visit visit, string name)
    {
        await visit.GoAsync("/account/api-tokens");
        await visit.EnterAsync("Name", name, "Make token");
        return await visit.Page.GetByLabel("Token", new() { Exact = true }).InputValueAsync();
    }

    private static async Task AllowAsync(Visit visit, string page)
    {
        await visit.Page.GotoAsync(page);
        await ClickAllowAsync(visit);
    }

    // As `login -f` asks for it: the whole sign-in again.
    // It asks as whom to go on, and whoever just set up an app has proved enough.
    private static async Task ContinueAndAllowAsync(Visit visit, string page)
    {
        await visit.Page.GotoAsync(page);
        await visit.ExpectHeadingAsync("Choose an account");
        await visit.FollowAsync("Continue as Max Member");
        await ClickAllowAsync(visit);
    }

    private static async Task ClickAllowAsync(Visit visit)
    {
        await visit.ExpectHeadingAsync("Allow Postern command line?");
        await visit.ClickAsync("Allow");
        await Assertions.Expect(visit.Page).ToHaveTitleAsync("Successfully logged in");
    }

    // The block of a demanded step-up, in both of its forms, then the code and the cure, then ssh's own word.
    [GeneratedRegex(
        """
        ^Error: Access denied
        Service: abcdefg123456-main-bvxea6i--app
        User: Max Member \((?<id>[0-9a-f-]{36})\)
        Parameters: \{"amr":\["mfa"\]\}
        Detail: Additional authentication is required:
        \t - Multifactor authentication \(MFA\)
        Hello Max Member \(UUID: \k<id>\), you successfully authenticated, but could not connect to service abcdefg123456-main-bvxea6i--app \(reason: access requires MFA\)
        Code: PST-301
        Fix: Set up multi-factor authentication in your account, then run: postern login -f
        (?s:.*): Permission denied \(publickey
        """,
        RegexOptions.Multiline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex RefusalPattern();

    [GeneratedRegex("Log in via a browser", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex QuestionPattern();
}
