using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Postern.Cli.Hosting;

/// <summary>Runs the user's own programs: ssh, ssh-keygen, git and the browser.</summary>
internal sealed class ProcessRunner(CliHost host)
{
    /// <summary>No program we read from says more than this; a relationship list is a few KiB.</summary>
    private const int MaxCapturedCharacters = 16 * 1024 * 1024;

    /// <summary>Runs to the end and captures both outputs; standard input is empty.</summary>
    public async Task<ProcessOutput> CaptureAsync(
        string file, IEnumerable<string> arguments, TimeSpan limit, CancellationToken cancellation, params (string Name, string Value)[] environment)
    {
        using var process = new Process { StartInfo = StartInfo(file, arguments, environment) };
        process.StartInfo.RedirectStandardInput = true;
        process.StartInfo.RedirectStandardOutput = true;
        process.StartInfo.RedirectStandardError = true;
        Start(process, file);
        process.StandardInput.Close();
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(limit);
        try
        {
            var output = ReadAsync(process.StandardOutput, timeout.Token);
            var error = ReadAsync(process.StandardError, timeout.Token);
            await process.WaitForExitAsync(timeout.Token);
            return new ProcessOutput(process.ExitCode, await output, await error, TimedOut: false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            Kill(process);
            return new ProcessOutput(ExitCode.SshFailed, "", $"{Path.GetFileName(file)} did not end within {limit.TotalSeconds:0} s", TimedOut: true);
        }
        catch (OperationCanceledException)
        {
            Kill(process);
            throw;
        }
    }

    /// <summary>Runs with the terminal handed over; keyboard signals are the program's, not ours.</summary>
    public async Task<int> RunAttachedAsync(
        string file, IEnumerable<string> arguments, CancellationToken cancellation, params (string Name, string Value)[] environment)
    {
        using var process = new Process { StartInfo = StartInfo(file, arguments, environment) };
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => context.Cancel = true);
        using var quit = PosixSignalRegistration.Create(PosixSignal.SIGQUIT, context => context.Cancel = true);
        await host.Output.FlushAsync(cancellation);
        await host.Error.FlushAsync(cancellation);
        Start(process, file);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            Kill(process);
        });
        await process.WaitForExitAsync(cancellation);
        return process.ExitCode;
    }

    public ProcessStartInfo StartInfo(string file, IEnumerable<string> arguments, params (string Name, string Value)[] environment)
    {
        var info = new ProcessStartInfo(file) { UseShellExecute = false, WorkingDirectory = host.CurrentDirectory };
        foreach (var argument in arguments)
        {
            info.ArgumentList.Add(argument);
        }

        info.Environment.Clear();
        foreach (var (name, value) in host.Environment)
        {
            info.Environment[name] = value;
        }

        foreach (var (name, value) in environment)
        {
            info.Environment[name] = value;
        }

        return info;
    }

    public static void Start(Process process, string file)
    {
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw CliException.DependencyMissing($"The program '{file}' could not be started: {exception.Message}");
        }
    }

    public static void Kill(Process process)
    {
        try
        {
            process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It had ended already.
        }
    }

    private static async Task<string> ReadAsync(StreamReader reader, CancellationToken cancellation)
    {
        var text = new StringBuilder();
        var buffer = new char[8192];
        int count;
        while ((count = await reader.ReadAsync(buffer, cancellation)) > 0)
        {
            if (text.Length + count > MaxCapturedCharacters)
            {
                throw CliException.Failure($"A program printed more than {MaxCapturedCharacters} characters.");
            }

            text.Append(buffer, 0, count);
        }

        return text.ToString();
    }
}
