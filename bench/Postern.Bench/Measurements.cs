using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;

namespace Postern.Bench;

/// <summary>What is measured; each returns the figures of one round.</summary>
internal static class Measurements
{
    /// <summary>Megabytes a second and server CPU seconds per gigabyte of one bulk transfer through a tunnel.</summary>
    public static async Task<(double MegabytesPerSecond, double CpuPerGigabyte)> BulkAsync(ServerUnderTest server, string cipher, bool isDownload, long bytes)
    {
        var port = ServerUnderTest.FreePort();
        using var tunnel = Shell.Start("ssh", ["-N", "-c", cipher, "-o", "ExitOnForwardFailure=yes", "-L", $"127.0.0.1:{port}:localhost:{server.TunnelPort}", .. server.ClientOptions]);
        try
        {
            await ServerUnderTest.WaitForPortAsync(port, tunnel);
            using var client = new TcpClient("127.0.0.1", port) { NoDelay = true };
            var socket = client.Client;
            var buffer = new byte[256 * 1024];
            var cpu = server.CpuSeconds;
            var clock = Stopwatch.StartNew();
            if (isDownload)
            {
                buffer[0] = (byte)'D';
                BinaryPrimitives.WriteInt64BigEndian(buffer.AsSpan(1), bytes);
                socket.Send(buffer, 0, 9, SocketFlags.None);
                long received = 0;
                for (int count; received < bytes && (count = socket.Receive(buffer)) > 0;)
                {
                    received += count;
                }

                Require(received == bytes, $"{received} of {bytes} bytes arrived");
            }
            else
            {
                socket.Send("U"u8);
                for (var left = bytes; left > 0;)
                {
                    left -= socket.Send(buffer, 0, (int)Math.Min(buffer.Length, left), SocketFlags.None);
                }

                socket.Shutdown(SocketShutdown.Send);
                Require(socket.Receive(buffer) == 1, "the sink did not answer");
            }

            var seconds = clock.Elapsed.TotalSeconds;
            return (bytes / 1e6 / seconds, (server.CpuSeconds - cpu) / (bytes / 1e9));
        }
        finally
        {
            tunnel.Kill();
            await tunnel.WaitForExitAsync();
        }
    }

    /// <summary>Median microseconds of a one-byte round trip through a tunnel.</summary>
    public static async Task<double> RoundTripAsync(ServerUnderTest server, int count)
    {
        var port = ServerUnderTest.FreePort();
        using var tunnel = Shell.Start("ssh", ["-N", "-c", "aes128-gcm@openssh.com", "-L", $"127.0.0.1:{port}:localhost:{server.TunnelPort}", .. server.ClientOptions]);
        try
        {
            await ServerUnderTest.WaitForPortAsync(port, tunnel);
            using var client = new TcpClient("127.0.0.1", port) { NoDelay = true };
            var socket = client.Client;
            var one = new byte[1];
            socket.Send("E"u8);
            var times = new double[count];
            for (var i = -count / 10; i < count; i++)
            {
                var began = Stopwatch.GetTimestamp();
                socket.Send(one);
                Require(socket.Receive(one) == 1, "the echo ended");
                if (i >= 0)
                {
                    times[i] = Stopwatch.GetElapsedTime(began).TotalMicroseconds;
                }
            }

            Array.Sort(times);
            return times[count / 2];
        }
        finally
        {
            tunnel.Kill();
            await tunnel.WaitForExitAsync();
        }
    }

    /// <summary>
    /// Connections a second and server CPU milliseconds for each. Without a command the client leaves as soon as it is
    /// authenticated, so no channel is opened.
    /// </summary>
    public static async Task<(double PerSecond, double CpuMilliseconds)> ConnectionsAsync(ServerUnderTest server, int count, int concurrency, string? command)
    {
        string[] arguments = command is null
            ? ["-N", "-o", "PermitLocalCommand=yes", "-o", "LocalCommand=kill $PPID", .. server.ClientOptions]
            : [.. server.ClientOptions, command];
        var cpu = server.CpuSeconds;
        var clock = Stopwatch.StartNew();
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = concurrency }, async (_, _) =>
            await Shell.RunAsync("ssh", arguments, mayFail: command is null));
        var seconds = clock.Elapsed.TotalSeconds;
        await Task.Delay(300);
        return (count / seconds, (server.CpuSeconds - cpu) * 1000 / count);
    }

    /// <summary>A rate that a client measured, with the server CPU milliseconds of each of its operations.</summary>
    public static async Task<(double PerSecond, double CpuMilliseconds)> ServerCostAsync(ServerUnderTest server, int count, Func<Task<double>> measure)
    {
        var cpu = server.CpuSeconds;
        var rate = await measure();
        await Task.Delay(300);
        return (rate, (server.CpuSeconds - cpu) * 1000 / count);
    }

    /// <summary>KiB of resident memory for each idle authenticated connection.</summary>
    public static async Task<double> IdleMemoryAsync(ServerUnderTest server, int count)
    {
        long Memory() => server.CountsDescendants ? 0 : CpuMeter.ResidentKib(server.Process.Id);
        var before = Memory();
        var clients = new List<Process>();
        try
        {
            for (var i = 0; i < count; i++)
            {
                clients.Add(Shell.Start("ssh", ["-N", .. server.ClientOptions]));
            }

            await Task.Delay(TimeSpan.FromSeconds(5));
            return (Memory() - before) / (double)count;
        }
        finally
        {
            foreach (var client in clients)
            {
                client.Kill();
                await client.WaitForExitAsync();
                client.Dispose();
            }
        }
    }

    /// <summary>Milliseconds from start to end of a program.</summary>
    public static async Task<double> StartUpAsync(string program, params string[] arguments)
    {
        var clock = Stopwatch.StartNew();
        await Shell.RunAsync(program, arguments);
        return clock.Elapsed.TotalMilliseconds;
    }

    private static void Require(bool holds, string message)
    {
        if (!holds)
        {
            throw new InvalidOperationException(message);
        }
    }
}
