using System.Diagnostics;

namespace Postern.Cli.Tests.Testing;

/// <summary>Runs the machine's own programs.</summary>
internal static class Tool
{
    public static (int ExitCode, string Output, string Error) Run(string file, IReadOnlyDictionary<string, string>? environment, params string[] arguments)
    {
        var info = new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            info.Environment[name] = value;
        }

        using var process = Process.Start(info)!;
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }

    public static string Require(string file, params string[] arguments)
    {
        var (exitCode, output, error) = Run(file, null, arguments);
        Assert.True(exitCode == 0, $"{file} {string.Join(' ', arguments)}: {error}");
        return output;
    }
}
