using Postern.Directory.Approvals;
using Postern.Directory.Changes;
using Postern.Directory.Factors;
using Postern.Directory.Organizations;
using Postern.Gateway.Connections;
using Postern.Gateway.Tests.Testing;

namespace Postern.Gateway.Tests.Authentication;

/// <summary>The code beside a plain key, with the machine's own ssh.</summary>
public sealed class SecondFactorSshTests : IAsyncLifetime
{
    private static readonly CancellationToken Never = CancellationToken.None;

    private ListeningGateway _gateway = null!;
    private byte[] _secret = [];

    public async Task InitializeAsync()
    {
        _gateway = await ListeningGateway.StartAsync();
        await _gateway.Fixture.ChangeAsync<Organization>(_ => true, o => o.RequiresMfa = true);
        _secret = await _gateway.Fixture.GiveAuthenticatorAsync(_gateway.Fixture.Alice);
    }

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    [Fact]
    public async Task Ssh_AsksOnce_AndThenNoMore()
    {
        var first = await _gateway.AskedSshAsync([Code()]);
        Assert.True(first.ExitCode == 0, first.ToString());
        Assert.Contains("Type the six digits that your authenticator app shows", first.Error, StringComparison.Ordinal);

        var next = await _gateway.SshAsync();
        Assert.True(next.ExitCode == 0, next.ToString());
        Assert.Equal("", next.Error);
    }

    [Fact]
    public async Task Ssh_WithAWrongCode_IsToldSoAndMayTryAgain()
    {
        var result = await _gateway.AskedSshAsync(["x", Code()]);
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains("Error: That code is not right.", result.Error, StringComparison.Ordinal);
        Assert.Contains("Code: PST-302", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ssh_ThatCannotAsk_GetsTheStepUpBlock()
    {
        var result = await _gateway.SshAsync();
        Assert.Equal(255, result.ExitCode);
        Assert.Contains("Error: Access denied", result.Error, StringComparison.Ordinal);
        Assert.Contains("Parameters: {\"amr\":[\"mfa\"]}", result.Error, StringComparison.Ordinal);
        Assert.Contains("(reason: access requires MFA)", result.Error, StringComparison.Ordinal);
        Assert.Contains("Permission denied (keyboard-interactive).", result.Error, StringComparison.Ordinal);
    }

    // Security 58: a shared connection is what its first user made it. Another user name on it leads nowhere else, and each of
    // its channels needs an approval that holds then.
    [Fact]
    public async Task ControlMaster_LeadsWhereItWasMadeFor_AndLosesItsApproval()
    {
        var socket = Path.Combine(_gateway.Fixture.Folder, "control");
        await ApproveAsync();
        var master = await _gateway.StayAsync("-M", "-S", socket);
        _gateway.Fixture.Target.Prepared.Clear();

        var elsewhere = await _gateway.SshAsync("another-main-bvxea6i--app", null, null, "-S", socket);
        Assert.True(elsewhere.ExitCode == 0, elsewhere.ToString());
        Assert.Equal(_gateway.Fixture.Project.Id, Assert.Single(_gateway.Fixture.Target.Prepared).ProjectId);

        Assert.Equal(1, await _gateway.Fixture.Get<SshApprovals>().RevokeAsync(_gateway.Fixture.Alice.Id, null, Never));
        var after = await _gateway.SshAsync(null, null, null, "-S", socket, "-o", "ControlMaster=no");
        Assert.Equal(255, after.ExitCode);
        Assert.Single(_gateway.Fixture.Target.Prepared);
        await master.WaitForExitAsync();
    }

    [Fact]
    public async Task Approval_ThatIsTakenBack_EndsTheRunningConnectionThroughTheFeed()
    {
        await ApproveAsync();
        await _gateway.Fixture.Get<ChangeFeed>().PollAsync(Never);
        await _gateway.Fixture.Hosted<GrantWatch>().StartAsync(Never);
        var client = await _gateway.StayAsync();
        await _gateway.Fixture.Get<SshApprovals>().RevokeAsync(_gateway.Fixture.Alice.Id, null, Never);
        await _gateway.Fixture.Get<ChangeFeed>().PollAsync(Never);
        await client.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Contains("PST-301", await client.StandardError.ReadToEndAsync(), StringComparison.Ordinal);
        await _gateway.Fixture.Hosted<GrantWatch>().StopAsync(Never);
    }

    private async Task ApproveAsync()
    {
        Assert.Equal(0, (await _gateway.AskedSshAsync([Code()])).ExitCode);
        await _gateway.WaitUntilEmptyAsync();
    }

    private string Code() => Totp.CodeAt(_secret, _gateway.Fixture.Clock.GetUtcNow());
}
