using System.Diagnostics;
using Postern.Ssh.Connection;

namespace Postern.Bench.Clients;

/// <summary>What a person at a terminal waits for: from a key to its echo.</summary>
internal static class KeystrokeEcho
{
    /// <summary>
    /// The echo that the terminal of a session makes of one byte, while <c>cat</c> runs in it.
    /// </summary>
    /// <param name="target">The server.</param>
    /// <param name="count">How many keys.</param>
    /// <param name="pause">Time between an echo and the next key; a fast typist's is 100 ms, zero measures throughput.</param>
    /// <param name="cpuSeconds">What the server has used so far, asked while the session lives.</param>
    public static async Task<KeystrokeFigures> MeasureAsync(ClientTarget target, int count, TimeSpan pause, Func<double> cpuSeconds)
    {
        await using var connection = await target.ConnectAsync();
        await using var session = await connection.OpenSessionAsync(wantsErrors: false, CancellationToken.None);
        if (!await session.RequestTerminalAsync("xterm", new TerminalSize(80, 24, 0, 0), CancellationToken.None)
            || !await session.ExecuteAsync("cat", CancellationToken.None))
        {
            throw new InvalidOperationException("the server gives no terminal");
        }

        return await MeasureAsync(session.Stream, count, pause, cpuSeconds);
    }

    /// <summary>The same for a terminal at the end of any stream.</summary>
    public static async Task<KeystrokeFigures> MeasureAsync(Stream terminal, int count, TimeSpan pause, Func<double> cpuSeconds)
    {
        var key = new byte[] { (byte)'x' };
        var echo = new byte[1024];
        var times = new double[count];
        var cpu = 0.0;

        // The first ones warm both sides up.
        for (var i = -Math.Max(20, count / 10); i < count; i++)
        {
            if (i == 0)
            {
                cpu = cpuSeconds();
            }

            if (pause > TimeSpan.Zero)
            {
                await Task.Delay(pause);
            }

            // The terminal holds a line of 4095 characters at most.
            var isLineFull = i % 64 == 63;
            var began = Stopwatch.GetTimestamp();
            await terminal.WriteAsync(key);
            await ReadAsync(1);
            if (i >= 0)
            {
                times[i] = Stopwatch.GetElapsedTime(began).TotalMicroseconds;
            }

            if (isLineFull)
            {
                // The echoed line end (CR LF), then the 64 characters that cat repeats and theirs.
                await terminal.WriteAsync("\n"u8.ToArray());
                await ReadUntilAsync(lineEnds: 2);
            }
        }

        cpu = cpuSeconds() - cpu;
        Array.Sort(times);
        return new KeystrokeFigures(times[count / 2], times[(int)(count * 0.99)], cpu * 1e6 / count);

        async Task ReadAsync(int length)
        {
            for (var left = length; left > 0;)
            {
                left -= await ReadSomeAsync();
            }
        }

        async Task ReadUntilAsync(int lineEnds)
        {
            for (var left = lineEnds; left > 0;)
            {
                left -= echo.AsSpan(0, await ReadSomeAsync()).Count((byte)'\n');
            }
        }

        async Task<int> ReadSomeAsync()
        {
            var read = await terminal.ReadAsync(echo);
            return read > 0 ? read : throw new InvalidOperationException("the session ended");
        }
    }
}
