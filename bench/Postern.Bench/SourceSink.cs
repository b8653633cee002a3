using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Postern.Bench;

/// <summary>
/// The far end of the tunnels. The first byte says what a connection is for: D sends as many bytes as the next eight say,
/// U counts bytes until the end and answers with one, E sends back what comes.
/// </summary>
internal sealed class SourceSink : IDisposable
{
    private readonly TcpListener _listener;

    public SourceSink(int port)
    {
        _listener = new TcpListener(IPAddress.Loopback, port);
        _listener.Start();
        new Thread(Accept) { IsBackground = true }.Start();
    }

    public void Dispose() => _listener.Dispose();

    private void Accept()
    {
        try
        {
            while (true)
            {
                var socket = _listener.AcceptSocket();
                new Thread(() => Serve(socket)) { IsBackground = true }.Start();
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The listener was stopped.
        }
    }

    private static void Serve(Socket socket)
    {
        using (socket)
        {
            socket.NoDelay = true;
            var buffer = new byte[256 * 1024];
            try
            {
                if (socket.Receive(buffer, 0, 1, SocketFlags.None) == 0)
                {
                    return;
                }

                switch ((char)buffer[0])
                {
                    case 'D':
                        Fill(socket, buffer.AsSpan(0, 8));
                        for (var left = BinaryPrimitives.ReadInt64BigEndian(buffer); left > 0;)
                        {
                            left -= socket.Send(buffer, 0, (int)Math.Min(buffer.Length, left), SocketFlags.None);
                        }

                        break;
                    case 'U':
                        while (socket.Receive(buffer) > 0)
                        {
                        }

                        socket.Send("!"u8);
                        break;
                    case 'E':
                        for (int count; (count = socket.Receive(buffer)) > 0;)
                        {
                            socket.Send(buffer, 0, count, SocketFlags.None);
                        }

                        break;
                }
            }
            catch (SocketException)
            {
                // The other side went away, which is how some measurements end.
            }
        }
    }

    private static void Fill(Socket socket, Span<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[socket.Receive(bytes)..];
        }
    }
}
