using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Postern.Bench;

/// <summary>Runs programs and keeps what they print for the case that they fail.</summary>
internal static partial class Shell
{
    private const int SetPipeSize = 1031;
    private const int PipeBytes = 1024 * 1024;

    /// <summary>Runs a program to its end and returns its standard output. Throws when it fails.</summary>
    public static async Task<string> RunAsync(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, bool mayFail = false)
    {
        using var process = Start(program, arguments, environment);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0 && !mayFail)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {await error} {await output}");
        }

        return await output;
    }

    /// <summary>
    /// Starts a program that writes its output to a file, so that reading it costs nobody anything, in a session of its own, as
    /// a service manager does and sshd does for each connection: the kernel shares processors among sessions first
    /// (sched_autogroup), and a server must not be in the one of the clients.
    /// </summary>
    public static Process StartLogged(string program, IEnumerable<string> arguments, string logFile) =>
        Start("/bin/sh", ["-c", "log=$1; shift; exec setsid \"$@\" >\"$log\" 2>&1", "sh", logFile, program, .. arguments]);

    /// <summary>Starts a program with its output redirected.</summary>
    public static Process Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment.Remove("SSH_AUTH_SOCK");
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    /// <summary>
    /// Has the pipes to and from a program hold 1 MiB each, so that it does not move its data in step with us, 64 KiB after 64 KiB.
    /// </summary>
    public static void WidenPipes(Process process)
    {
        foreach (var stream in new[] { process.StandardInput.BaseStream, process.StandardOutput.BaseStream })
        {
            var handle = stream is System.IO.Pipes.PipeStream pipe ? pipe.SafePipeHandle : (SafeHandle)((FileStream)stream).SafeFileHandle;
            if (FileControl(handle, SetPipeSize, PipeBytes) < PipeBytes)
            {
                throw new InvalidOperationException("the pipes of the client stay as they are");
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "fcntl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int FileControl(SafeHandle descriptor, int command, int argument);
}
