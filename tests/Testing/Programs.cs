using System.Diagnostics;
using System.Net.Sockets;

namespace Postern.Testing;

/// <summary>Runs real programs.</summary>
public static class Programs
{
    /// <summary>Longest that a program of the tests may run: far above any of them, below a stuck build's.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Runs a program to its end.</summary>
    public static async Task<ProgramResult> RunAsync(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string input = "")
    {
        using var process = Start(program, arguments, environment);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        try
        {
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading.
        }

        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end: {await output} {await error}");
        }

        return new ProgramResult(process.ExitCode, await output, await error);
    }

    /// <summary>Runs a program that must succeed, and returns its output without blanks around it.</summary>
    public static async Task<string> ReadAsync(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var list = arguments.ToList();
        var result = await RunAsync(program, list, environment);
        return result.ExitCode == 0
            ? result.Output.Trim()
            : throw new InvalidOperationException($"{program} {string.Join(' ', list)}: {result}");
    }

    /// <summary>Starts a program with its three streams redirected.</summary>
    public static Process Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        // What the machine's own user has must not change a test.
        foreach (var name in new[] { "SSH_AUTH_SOCK", "POSTERN_TOKEN", "POSTERN_HOME", "DISPLAY" })
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    /// <summary>Whether something listens on a port of 127.0.0.1.</summary>
    public static bool IsListening(int port)
    {
        try
        {
            using var client = new TcpClient("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Waits until a condition holds; the condition is asked again every 50 ms.</summary>
    public static Task WaitUntilAsync(Func<bool> condition, string what, int seconds = 60) =>
        WaitUntilAsync(() => Task.FromResult(condition()), what, seconds);

    /// <summary>Waits until a condition holds; the condition is asked again every 50 ms.</summary>
    public static async Task WaitUntilAsync(Func<Task<bool>> condition, string what, int seconds = 60)
    {
        var clock = Stopwatch.StartNew();
        while (!await condition())
        {
            if (clock.Elapsed.TotalSeconds > seconds)
            {
                throw new TimeoutException($"{what} did not happen in {seconds} s");
            }

            await Task.Delay(50);
        }
    }
}
