using Postern.Ssh.Client;
using Postern.Ssh.Transport;

namespace Conformance;

/// <summary>Our client against dropbear, whose windows, packets and extensions are not OpenSSH's.</summary>
public sealed class DropbearTests : IAsyncLifetime
{
    private OpenSsh _files = null!;
    private RealServer _server = null!;

    public async Task InitializeAsync()
    {
        _files = await OpenSsh.CreateAsync();
        _server = await RealServer.StartDropbearAsync(_files);
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        _files.Dispose();
    }

    [Fact]
    public async Task Commands_ReportOutputStatusAndSignal()
    {
        await using var connection = await _server.ConnectAsync();
        Assert.StartsWith("SSH-2.0-dropbear", connection.ServerVersion, StringComparison.Ordinal);
        Assert.Equal(("hello\n", new SessionExit(0, null, false, "")), await ClientTests.RunAsync(connection, "echo hello"));
        Assert.Equal(7u, (await ClientTests.RunAsync(connection, "exit 7")).Exit.Status);
        Assert.Equal("KILL", (await ClientTests.RunAsync(connection, "kill -9 $$")).Exit.Signal);
    }

    [Fact]
    public async Task BothDirections_UnderReKeysOfOurs_LoseNothing()
    {
        const long Length = 10_000_000;
        await using var connection = await _server.ConnectAsync(
            config => config with { Transport = new TransportLimits { RekeyBytes = 1_000_000 } });
        await using var session = await connection.OpenSessionAsync(wantsErrors: false, CancellationToken.None);
        Assert.True(await session.ExecuteAsync("cat", CancellationToken.None));
        var writing = ClientTests.WriteAsync(session.Stream, Length);
        await ClientTests.CheckAsync(session.Stream, Length);
        await writing;
        Assert.Equal(0u, (await session.Exit.WaitAsync(OpenSsh.Patience)).Status);
    }
}
