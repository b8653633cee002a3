using System.Text.RegularExpressions;
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
        var ssh = _gateway.Start("ssh", [.. Options(), _gateway.Destination(), "true"]);
        var shown = "";
        while (!CodePattern().IsMatch(shown))
        {
            shown += await ssh.StandardError.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30)) + "\n";
        }

        var code = CodePattern().Match(shown).Value;
        var rest = ssh.StandardError.ReadToEndAsync();
        var session = await _gateway.Fixture.NewSessionAsync(_gateway.Fixture.Alice);
        await GoOnAsync(TimeSpan.FromSeconds(20));
        Assert.False(ssh.HasExited);
        Assert.True(await _gateway.Fixture.Get<DeviceApprovals>().DecideAsync(code, isApproved, session, Never));
        while (!ssh.HasExited)
        {
            await GoOnAsync(TimeSpan.FromSeconds(1));
        }

        var error = shown + await rest;
        Assert.True(ssh.ExitCode == (isApproved ? 0 : 255), error);
        Assert.Equal(!isApproved, error.Contains("PST-304", StringComparison.Ordinal));
        Assert.Equal(0, _gateway.Fixture.Get<SignInDesk>().Waiting);
    }

    [Fact]
    public async Task Ssh_ThatIsGone_LosesItsPlace()
    {
        var ssh = _gateway.Start("ssh", [.. Options(), _gateway.Destination(), "true"]);
        await Programs.WaitUntilAsync(() => _gateway.Fixture.Get<SignInDesk>().Waiting == 1, "the wait");
        ssh.Kill();
        while (_gateway.Fixture.Get<SignInDesk>().Waiting > 0)
        {
            await GoOnAsync(TimeSpan.FromSeconds(1));
        }

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

    /// <summary>Moves the clock in steps, with time between them for who waits for it.</summary>
    private async Task GoOnAsync(TimeSpan time)
    {
        for (var moved = TimeSpan.Zero; moved < time; moved += TimeSpan.FromSeconds(1))
        {
            _gateway.Fixture.Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(10);
        }
    }

    [GeneratedRegex("[A-Z]{4}-[A-Z]{4}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CodePattern();
}
