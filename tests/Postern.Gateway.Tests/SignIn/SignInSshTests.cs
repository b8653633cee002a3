using System.Diagnostics;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.Devices;
using Postern.Gateway.SignIn;
using Postern.Gateway.Tests.Testing;
using Postern.Testing;

namespace Postern.Gateway.Tests.SignIn;

/// <summary>Signing in with the machine's own ssh, which has no key.</summary>
public sealed partial class SignInSshTests : IAsyncLifetime
{
    private static readonly CancellationToken Never = CancellationToken.None;

    private ListeningGateway _gateway = null!;

    public async Task InitializeAsync() => _gateway = await ListeningGateway.StartAsync(
        new GatewayConfig { Listen = [], AccountsUrl = "https://id.example" });

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Ssh_WithoutAKey_ShowsTheLinkWaitsAndHearsTheDecision(bool isApproved)
    {
        var ssh = await StartAsync();
        var shown = "";
        while (!CodePattern().IsMatch(shown))
        {
            shown += await ssh.StandardError.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(1)) + "\n";
        }

        var code = CodePattern().Match(shown).Value;
        var rest = ssh.StandardError.ReadToEndAsync();
        var session = await _gateway.Fixture.NewSessionAsync(_gateway.Fixture.Alice);
        await NextLookAsync();
        await NextLookAsync();
        Assert.False(ssh.HasExited);
        Assert.True(await _gateway.Fixture.Get<DeviceApprovals>().DecideAsync(code, isApproved, session, Never));
        await MoveUntilAsync(() => Task.FromResult(ssh.HasExited), "the end of ssh");
        var error = shown + await rest;
        Assert.True(ssh.ExitCode == (isApproved ? 0 : 255), error);
        Assert.Equal(!isApproved, error.Contains("PST-304", StringComparison.Ordinal));
        Assert.Equal(0, _gateway.Fixture.Get<SignInDesk>().Waiting);
    }

    [Fact]
    public async Task Ssh_ThatIsGone_LosesItsPlace()
    {
        var ssh = await StartAsync();
        await NextLookAsync();
        Assert.Equal(1, _gateway.Fixture.Get<SignInDesk>().Waiting);
        ssh.Kill();
        await MoveUntilAsync(() => Task.FromResult(_gateway.Fixture.Get<SignInDesk>().Waiting == 0), "the end of the wait");
        await _gateway.WaitUntilEmptyAsync();
    }

    [Fact]
    public async Task Ssh_ThatIsGoneBeforeItAnswers_LosesItsPlaceToo()
    {
        var ssh = await StartAsync("sleep 600");
        await Programs.WaitUntilAsync(() => _gateway.Fixture.Get<SignInDesk>().Waiting == 1, "the question");
        ssh.Kill(entireProcessTree: true);
        await Programs.WaitUntilAsync(() => _gateway.Fixture.Get<SignInDesk>().Waiting == 0, "the end of the wait");
    }

    // As a cron job has it: ssh finds no terminal to ask at, and answers with nothing.
    [Fact]
    public async Task Ssh_WithoutATerminal_IsRefusedAtOnce()
    {
        var result = await Programs.RunAsync("setsid", ["-w", "ssh", .. Options(), _gateway.Destination(), "true"]);
        Assert.Equal(255, result.ExitCode);
        Assert.Contains("Code: PST-307", result.Error, StringComparison.Ordinal);
        Assert.Contains("Fix: Use a certificate (postern ssh-cert:load) or an SSH key of your account", result.Error, StringComparison.Ordinal);
        await _gateway.WaitUntilEmptyAsync();
    }

    // A program that says it cannot ask anybody gets its answer at once.
    [Fact]
    public async Task Ssh_InBatchMode_IsRefusedAtOnce()
    {
        var result = await _gateway.SshAsync(null, null, null, "-o", "PubkeyAuthentication=no");
        Assert.Equal(255, result.ExitCode);
        Assert.Contains("Permission denied (publickey,keyboard-interactive).", result.Error, StringComparison.Ordinal);
    }

    // Who is known and may not in hears it at once, and is not sent to a page.
    [Fact]
    public async Task Ssh_OfAPersonWithoutARole_IsToldAndNotAsked()
    {
        await _gateway.Fixture.RunSqlAsync("DELETE FROM project_members");
        var result = await _gateway.AskedSshAsync([]);
        Assert.Equal(255, result.ExitCode);
        Assert.Contains("PST-101", result.Error, StringComparison.Ordinal);
        Assert.Contains("Permission denied (publickey).", result.Error, StringComparison.Ordinal);
    }

    private IEnumerable<string> Options() =>
        _gateway.Arguments(["-o", "PubkeyAuthentication=no"]).Select(a => a == "BatchMode=yes" ? "BatchMode=no" : a);

    /// <summary>Starts ssh for a person who answers yes, or with another answering program.</summary>
    private async Task<Process> StartAsync(string? asked = null)
    {
        var environment = new Dictionary<string, string>(await _gateway.AskpassAsync(["y"]));
        if (asked is not null)
        {
            File.SetUnixFileMode(environment["SSH_ASKPASS"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            await File.WriteAllTextAsync(environment["SSH_ASKPASS"], $"#!/bin/sh\n{asked}\n");
        }

        return _gateway.Start("ssh", [.. Options(), _gateway.Destination(), "true"], environment);
    }

    /// <summary>Moves the clock until the gateway has looked once more whether somebody decided.</summary>
    private async Task NextLookAsync()
    {
        var before = await LastLookAsync();
        await MoveUntilAsync(async () => await LastLookAsync() != before, "a look at the request");
    }

    private async Task<DateTimeOffset?> LastLookAsync()
    {
        await using var context = await _gateway.Fixture.NewContextAsync();
        return await context.DeviceRequests.Select(r => r.PolledAt).FirstOrDefaultAsync();
    }

    // To where the gateway looks again, once it waits for that: the time that a person has to decide goes by, too.
    private Task MoveUntilAsync(Func<Task<bool>> condition, string what) => Programs.WaitUntilAsync(
        async () =>
        {
            if (await condition())
            {
                return true;
            }

            _gateway.Fixture.Clock.AdvanceToTimer(within: TimeSpan.FromSeconds(5));
            return false;
        },
        what);

    [GeneratedRegex("[A-Z]{4}-[A-Z]{4}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CodePattern();
}
