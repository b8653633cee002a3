using System.Diagnostics;

namespace Conformance;

/// <summary>An ssh that holds a connection for others and forwards ports.</summary>
public sealed class ControlMaster : IAsyncDisposable
{
    private readonly Process _process;

    private ControlMaster(Process process) => _process = process;

    public static async Task<ControlMaster> StartAsync(OpenSsh ssh, EngineServer server, string control, params string[] options)
    {
        // Prints a line when the connection stands, then waits for the end of its input.
        var start = ssh.Ssh(server, [.. new[] { "-M", "-S", control, "-o", "ExitOnForwardFailure=yes" }, .. options, "127.0.0.1", "cat"]);
        var process = Process.Start(start)!;
        await process.StandardInput.WriteLineAsync("ready");
        await process.StandardInput.FlushAsync();
        using var cancellation = new CancellationTokenSource(OpenSsh.Patience);
        var line = await process.StandardOutput.ReadLineAsync(cancellation.Token);
        Assert.True(line == "ready", await ErrorAsync(process, line));
        return new ControlMaster(process);
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        using var cancellation = new CancellationTokenSource(OpenSsh.Patience);
        await _process.WaitForExitAsync(cancellation.Token);
        _process.Dispose();
    }

    private static async Task<string> ErrorAsync(Process process, string? line) =>
        line == "ready" ? "" : await process.StandardError.ReadToEndAsync();
}
