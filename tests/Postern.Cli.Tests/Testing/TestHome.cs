using System.Diagnostics;
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
        ExecutablePath = Executable,
    };

    public Task<CliResult> RunAsync(params string[] args) => RunWithInputAsync("", args);

    /// <summary>Runs the command: in this process, or as the program named by POSTERN_TEST_PROGRAM, such as the published one.</summary>
    public async Task<CliResult> RunWithInputAsync(string input, params string[] args)
    {
        if (Published is not null && Time == TimeProvider.System)
        {
            return await RunPublishedAsync(Published, input, args);
        }

        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var exitCode = await CommandRunner.RunAsync(args, Host(output, error, input));
        return new CliResult(exitCode, output.ToString(), error.ToString());
    }

    /// <summary>The program that hooks and background processes start.</summary>
    public static string Executable => Published ?? System.IO.Path.Combine(AppContext.BaseDirectory, "postern");

    public static string? Published => Environment.GetEnvironmentVariable("POSTERN_TEST_PROGRAM");

    private async Task<CliResult> RunPublishedAsync(string program, string input, string[] args)
    {
        using var error = new SignallingWriter();
        return await RunPublishedAsync(program, input, args, error);
    }

    /// <summary>Runs the program, with what it says on standard error arriving line by line.</summary>
    public async Task<CliResult> RunPublishedAsync(string program, string input, string[] args, TextWriter error)
    {
        var info = new ProcessStartInfo(program, args)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Work,
        };
        info.Environment.Clear();
        foreach (var (name, value) in Variables)
        {
            info.Environment[name] = value;
        }

        if (IsInteractive)
        {
            info.Environment["SHELL_INTERACTIVE"] = "1";
        }

        using var process = Process.Start(info)!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        while (await process.StandardError.ReadLineAsync() is { } line)
        {
            await error.WriteAsync(line + "\n");
        }

        await process.WaitForExitAsync();
        return new CliResult(process.ExitCode, await output, error.ToString()!);
    }

    /// <summary>Whether a program runs for this person: what works in the background writes here to its end.</summary>
    public bool IsInUse() => Directory.GetDirectories("/proc", "*")
        .Where(folder => char.IsAsciiDigit(System.IO.Path.GetFileName(folder)[0]))
        .Any(folder => ReadEnvironment(folder).Split('\0').Contains($"HOME={Path}"));

    private static string ReadEnvironment(string process)
    {
        try
        {
            return System.IO.File.ReadAllText(process + "/environ");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It has ended, or is not ours.
            return "";
        }
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
