using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Postern.Bench.Line;

/// <summary>
/// A line that is long and as wide as one likes: a relay that hands on each chunk so many milliseconds after it came, in both
/// directions. TCP ends at it, so that only what waits for an answer of the other side feels its length: no slow start, no
/// loss, no bound but the windows and requests of SSH and SFTP.
/// </summary>
internal sealed class LongLine(int listenPort, int connectPort, TimeSpan delay)
{
    private const int Chunk = 256 * 1024;
    private const int SocketBuffer = 4 * 1024 * 1024;

    // More than any window that is to be seen; a sender that goes on is held up by its socket.
    private const int MostChunks = 4096;

    /// <summary>Serves connections until the process is killed.</summary>
    public void Run()
    {
        using var listener = new TcpListener(IPAddress.Loopback, listenPort);
        listener.Start();
        while (true)
        {
            var near = listener.AcceptSocket();
            var far = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            far.Connect(IPAddress.Loopback, connectPort);
            foreach (var (from, to) in new[] { (near, far), (far, near) })
            {
                from.NoDelay = true;
                from.SendBufferSize = from.ReceiveBufferSize = SocketBuffer;
                var inFlight = new BlockingCollection<(byte[] Bytes, int Length, long Due)>(MostChunks);
                Start(() => Receive(from, inFlight));
                Start(() => Send(to, inFlight));
            }
        }
    }

    private static void Start(Action action) => new Thread(() => Try(action)) { IsBackground = true }.Start();

    private static void Try(Action action)
    {
        try
        {
            action();
        }
        catch (SocketException)
        {
            // One end left, and the other finds out.
        }
    }

    private void Receive(Socket socket, BlockingCollection<(byte[] Bytes, int Length, long Due)> inFlight)
    {
        var wait = (long)(delay.TotalSeconds * Stopwatch.Frequency);
        var buffer = new byte[Chunk];
        try
        {
            for (int count; (count = socket.Receive(buffer)) > 0;)
            {
                inFlight.Add((buffer.AsSpan(0, count).ToArray(), count, Stopwatch.GetTimestamp() + wait));
            }
        }
        finally
        {
            inFlight.CompleteAdding();
        }
    }

    private static void Send(Socket socket, BlockingCollection<(byte[] Bytes, int Length, long Due)> inFlight)
    {
        foreach (var (bytes, length, due) in inFlight.GetConsumingEnumerable())
        {
            var left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
            if (left > TimeSpan.Zero)
            {
                Thread.Sleep(left);
            }

            for (var sent = 0; sent < length;)
            {
                sent += socket.Send(bytes, sent, length - sent, SocketFlags.None);
            }
        }

        socket.Shutdown(SocketShutdown.Send);
    }
}
