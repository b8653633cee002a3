using System.Diagnostics;

namespace Postern.Ssh.Keys.Tests;

/// <summary>Runs the machine's <c>ssh-keygen</c> in a directory of its own, which goes with it.</summary>
internal sealed class SshKeygen : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("postern-keys-");

    public string PathOf(string name) => Path.Combine(_directory.FullName, name);

    public string Read(string name) => File.ReadAllText(PathOf(name));

    public string Write(string name, ReadOnlySpan<byte> content)
    {
        var path = PathOf(name);
        File.WriteAllBytes(path, content);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }

    /// <summary>Makes a key pair without a passphrase and returns the line of its public half.</summary>
    public string Generate(string name, params string[] arguments)
    {
        Run(["-q", "-N", "", "-C", "somebody@somewhere", "-f", PathOf(name), .. arguments]);
        return Read(name + ".pub");
    }

    public string Run(params string[] arguments)
    {
        var (exitCode, output) = TryRun(arguments);
        Assert.True(exitCode == 0, $"ssh-keygen {string.Join(' ', arguments)} said: {output}");
        return output;
    }

    public (int ExitCode, string Output) TryRun(params string[] arguments) => TryRunWithInput(null, arguments);

    public (int ExitCode, string Output) TryRunWithInput(string? inputPath, params string[] arguments)
    {
        var start = new ProcessStartInfo("ssh-keygen", arguments)
        {
            WorkingDirectory = _directory.FullName,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };
        start.Environment["TZ"] = "UTC";
        using var process = Process.Start(start)!;
        if (inputPath is not null)
        {
            process.StandardInput.BaseStream.Write(File.ReadAllBytes(inputPath));
        }

        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.Result);
    }

    public void Dispose() => _directory.Delete(recursive: true);
}
