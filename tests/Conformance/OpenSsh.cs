using System.Diagnostics;
using System.Text;

namespace Conformance;

/// <summary>Runs the machine's OpenSSH programs in a directory of their own.</summary>
public sealed class OpenSsh : IDisposable
{
    private OpenSsh()
    {
        Directory = System.IO.Directory.CreateTempSubdirectory("postern-ssh-").FullName;
    }

    public static async Task<OpenSsh> CreateAsync()
    {
        var ssh = new OpenSsh();
        ssh.Key = await ssh.NewKeyAsync("id", "ed25519");
        return ssh;
    }

    public string Directory { get; }

    public string Key { get; set; } = "";

    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(60);

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);

    public string PathOf(string name) => Path.Combine(Directory, name);

    public async Task<string> NewKeyAsync(string name, string type, params string[] more)
    {
        var result = await RunAsync("ssh-keygen", [.. new[] { "-q", "-N", "", "-t", type, "-f", PathOf(name) }, .. more]);
        Assert.True(result.Status == 0, result.Error);
        return PathOf(name);
    }

    /// <summary>Starts ssh against the server, with nothing of the machine's own configuration.</summary>
    public ProcessStartInfo Ssh(EngineServer server, params string[] arguments) => Ssh(server.Port, arguments);

    /// <summary>Starts ssh against whoever listens on the port.</summary>
    public ProcessStartInfo Ssh(int port, params string[] arguments)
    {
        string[] common =
        [
            "-F", "none", "-p", port.ToString(), "-i", Key, "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes",
            "-o", "StrictHostKeyChecking=accept-new", "-o", "UserKnownHostsFile=" + PathOf("known_hosts"),
            "-o", "GlobalKnownHostsFile=/dev/null", "-o", "IdentityAgent=none",
        ];
        return Start("ssh", [.. common, .. arguments]);
    }

    public Task<Result> RunSshAsync(EngineServer server, params string[] arguments) => RunAsync(Ssh(server, arguments), []);

    public Task<Result> RunAsync(string program, IEnumerable<string> arguments) => RunAsync(Start(program, arguments), []);

    public static async Task<Result> RunAsync(ProcessStartInfo start, byte[] input)
    {
        using var process = Process.Start(start)!;
        using var cancellation = new CancellationTokenSource(Patience);
        try
        {
            var output = ReadAsync(process.StandardOutput.BaseStream, cancellation.Token);
            var error = process.StandardError.ReadToEndAsync(cancellation.Token);
            var writing = WriteAsync(process.StandardInput.BaseStream, input, cancellation.Token);
            await Task.WhenAll(output, error, writing);
            await process.WaitForExitAsync(cancellation.Token);
            return new Result(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{start.FileName} {string.Join(' ', start.ArgumentList)} took too long");
        }
    }

    private static async Task<byte[]> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        using var output = new MemoryStream();
        await stream.CopyToAsync(output, cancellationToken);
        return output.ToArray();
    }

    private static async Task WriteAsync(Stream stream, byte[] input, CancellationToken cancellationToken)
    {
        try
        {
            await stream.WriteAsync(input, cancellationToken);
            stream.Close();
        }
        catch (IOException)
        {
            // The program ended without reading everything.
        }
    }

    private ProcessStartInfo Start(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Directory,
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return start;
    }

    public sealed record Result(int Status, byte[] Output, string Error)
    {
        public string Text => Encoding.UTF8.GetString(Output);
    }
}
