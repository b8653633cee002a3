using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;

namespace Postern.Bench;

/// <summary>What is measured through a tunnel; each returns the figures of one round.</summary>
internal static class TunnelMeasurements
{
    /// <summary>One bulk transfer.</summary>
    public static Task<BulkFigures> BulkAsync(ITunnelServer server, string cipher, bool isDownload, long bytes) =>
        ThroughTunnelAsync(server, cipher, (socket, client) =>
        {
            var clock = BulkClock.Start(() => server.CpuSeconds, client);
            Transfer(socket, isDownload, bytes);
            return clock.Stop(bytes);
        });

    /// <summary>Median microseconds of a one-byte round trip, and server CPU microseconds of each.</summary>
    public static Task<(double Median, double Cpu)> RoundTripAsync(ITunnelServer server, string cipher, int count) =>
        ThroughTunnelAsync(server, cipher, (socket, _) =>
        {
            var one = new byte[1];
            socket.Send("E"u8);
            var times = new double[count];
            var cpu = 0.0;
            for (var i = -count / 10; i < count; i++)
            {
                if (i == 0)
                {
                    cpu = server.CpuSeconds;
                }

                var began = Stopwatch.GetTimestamp();
                socket.Send(one);
                Require(socket.Receive(one) == 1, "the echo ended");
                if (i >= 0)
                {
                    times[i] = Stopwatch.GetElapsedTime(began).TotalMicroseconds;
                }
            }

            cpu = server.CpuSeconds - cpu;
            Array.Sort(times);
            return (times[count / 2], cpu * 1e6 / count);
        });

    /// <summary>Has something done while a tunnel of another connection pulls at full speed.</summary>
    public static Task<T> WhilePullingAsync<T>(ITunnelServer server, string cipher, Func<Task<T>> measure) =>
        ThroughTunnelAsync(server, cipher, (socket, _) =>
        {
            BeginDownload(socket, long.MaxValue);
            var isOver = false;
            var pull = new Thread(() =>
            {
                var buffer = new byte[256 * 1024];
                while (!Volatile.Read(ref isOver) && socket.Receive(buffer) > 0)
                {
                }
            });
            pull.Start();
            try
            {
                return measure().GetAwaiter().GetResult();
            }
            finally
            {
                Volatile.Write(ref isOver, true);
                pull.Join();
            }
        });

    /// <summary>Moves so many bytes to or from the far end.</summary>
    public static void Transfer(Socket socket, bool isDownload, long bytes)
    {
        if (isDownload)
        {
            BeginDownload(socket, bytes);
            ReceiveAll(socket, bytes);
            return;
        }

        socket.Send("U"u8);
        SendAll(socket, bytes);
        socket.Shutdown(SocketShutdown.Send);
        Require(socket.Receive(new byte[1]) == 1, "the sink did not answer");
    }

    /// <summary>Sends so many bytes.</summary>
    public static void SendAll(Socket socket, long bytes)
    {
        var buffer = new byte[256 * 1024];
        for (var left = bytes; left > 0;)
        {
            left -= socket.Send(buffer, 0, (int)Math.Min(buffer.Length, left), SocketFlags.None);
        }
    }

    /// <summary>Asks the far end for so many bytes.</summary>
    public static void BeginDownload(Socket socket, long bytes)
    {
        var request = new byte[9];
        request[0] = (byte)'D';
        BinaryPrimitives.WriteInt64BigEndian(request.AsSpan(1), bytes);
        socket.Send(request);
    }

    /// <summary>Receives so many bytes.</summary>
    public static void ReceiveAll(Socket socket, long bytes)
    {
        var buffer = new byte[256 * 1024];
        long received = 0;
        for (int count; received < bytes && (count = socket.Receive(buffer, 0, (int)Math.Min(buffer.Length, bytes - received), SocketFlags.None)) > 0;)
        {
            received += count;
        }

        Require(received == bytes, $"{received} of {bytes} bytes arrived");
    }

    private static async Task<T> ThroughTunnelAsync<T>(ITunnelServer server, string cipher, Func<Socket, Process, T> measure)
    {
        var port = ServerUnderTest.FreePort();
        using var tunnel = server.StartTunnel(port, cipher);
        try
        {
            await ServerUnderTest.WaitForPortAsync(port, tunnel);
            using var client = new TcpClient("127.0.0.1", port) { NoDelay = true };
            return await Task.Run(() => measure(client.Client, tunnel));
        }
        finally
        {
            tunnel.Kill();
            await tunnel.WaitForExitAsync();
        }
    }

    private static void Require(bool holds, string message)
    {
        if (!holds)
        {
            throw new InvalidOperationException(message);
        }
    }
}
