using Postern.Cli.CommandLine;
using Postern.Cli.Hosting;

namespace Postern.Cli.Tests.Testing;

/// <summary>A person's home directory for one test, and the command run in it.</summary>
internal sealed class TestHome : IDisposable
{
    public TestHome()
    {
        Path = Directory.CreateTempSubdirectory("postern-cli-").FullName;
        Work = Directory.CreateDirectory(System.IO.Path.Combine(Path, "work")).FullName;
        Variables["HOME"] = Path;
        Variables["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin";
        Variables["SHELL"] = "/bin/bash";
        Variables["TZ"] = "UTC";
    }

    public string Path { get; }

    public string Work { get; }

    public Dictionary<string, string> Variables { get; } = new(StringComparer.Ordinal);

    public TimeProvider Time { get; set; } = TimeProvider.System;

    public bool IsInteractive { get; set; }

    public string File(string relative) => System.IO.Path.Combine(Path, relative);

    public string Read(string relative) => System.IO.File.ReadAllText(File(relative));

    public void Write(string relative, string text)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(File(relative))!);
        System.IO.File.WriteAllText(File(relative), text);
    }

    public CliHost Host(TextWriter output, TextWriter error, string input = "") => new()
    {
        Environment = new Dictionary<string, string>(Variables, StringComparer.Ordinal),
        CurrentDirectory = Work,
        Input = new StringReader(input),
        Output = output,
        Error = error,
        IsInputTerminal = IsInteractive,
        IsOutputTerminal = false,
        Time = Time,
        ExecutablePath = System.IO.Path.Combine(AppContext.BaseDirectory, "postern"),
    };

    public Task<CliResult> RunAsync(params string[] args) => RunWithInputAsync("", args);

    public async Task<CliResult> RunWithInputAsync(string input, params string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var exitCode = await CommandRunner.RunAsync(args, Host(output, error, input));
        return new CliResult(exitCode, output.ToString(), error.ToString());
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
