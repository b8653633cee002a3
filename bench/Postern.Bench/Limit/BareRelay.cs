using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Postern.Bench.Limit;

/// <summary>
/// The least that a tunnel can cost on this machine: copies between a plain connection and a sealed one, one blocking
/// thread for each direction, several packets to a call, sealed and opened in place. It has no SSH: no key exchange (the key
/// is fixed), no authentication, channels, windows, re-keys, limits, locks or event loops. It serves one connection
/// at a time, and is the same program at both ends of the sealed connection.
/// </summary>
/// <remarks>A packet is its content's length in four bytes (the associated data), the content, and a tag of 16 bytes.</remarks>
internal sealed class BareRelay(int listenPort, int connectPort, bool isListenerSealed, string cipher)
{
    /// <summary>What a packet of SSH carries between the servers and clients that are compared.</summary>
    private const int Content = 32 * 1024;

    private const int Header = sizeof(uint);
    private const int Sealed = Header + Content + SealedDirection.Tag;

    /// <summary>Packets to a call: the more the cheaper for the kernel; here is what a server can keep for a connection.</summary>
    private const int Batch = 16;

    /// <summary>Serves connections, one after another, until the process is killed.</summary>
    public void Run()
    {
        using var listener = new TcpListener(IPAddress.Loopback, listenPort);
        listener.Start();
        while (true)
        {
            using var accepted = listener.AcceptSocket();
            using var connected = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            connected.Connect(IPAddress.Loopback, connectPort);
            accepted.NoDelay = connected.NoDelay = true;
            var (plain, secret) = isListenerSealed ? (connected, accepted) : (accepted, connected);
            using var sealing = new SealedDirection(cipher);
            using var opening = new SealedDirection(cipher);
            var seal = new Thread(() => Try(() => Seal(plain, secret, sealing)));
            seal.Start();
            Try(() => Open(secret, plain, opening));
            seal.Join();
        }
    }

    // An end that breaks ends the other direction too, as its measurement is over.
    private static void Try(Action direction)
    {
        try
        {
            direction();
        }
        catch (SocketException)
        {
        }
    }

    private static void Seal(Socket plain, Socket secret, SealedDirection direction)
    {
        var buffer = new byte[Batch * Sealed];
        var contents = Enumerable.Range(0, Batch).Select(i => new ArraySegment<byte>(buffer, (i * Sealed) + Header, Content)).ToList();
        for (int count; (count = plain.Receive(contents)) > 0;)
        {
            var end = 0;
            for (var left = count; left > 0; left -= Content)
            {
                var length = Math.Min(left, Content);
                BinaryPrimitives.WriteInt32BigEndian(buffer.AsSpan(end), length);
                direction.Seal(buffer.AsSpan(end, Header + length + SealedDirection.Tag));
                end += Header + length + SealedDirection.Tag;
            }

            Send(secret, buffer.AsSpan(0, end));
        }

        secret.Shutdown(SocketShutdown.Send);
    }

    private static void Open(Socket secret, Socket plain, SealedDirection direction)
    {
        var buffer = new byte[Batch * Sealed];
        var contents = new List<ArraySegment<byte>>(Batch);
        var end = 0;
        for (int count; (count = secret.Receive(buffer.AsSpan(end))) > 0;)
        {
            end += count;
            var start = 0;
            contents.Clear();
            while (end - start >= Header)
            {
                var length = BinaryPrimitives.ReadInt32BigEndian(buffer.AsSpan(start));
                var whole = Header + length + SealedDirection.Tag;
                if (end - start < whole)
                {
                    break;
                }

                direction.Open(buffer.AsSpan(start, whole));
                contents.Add(new ArraySegment<byte>(buffer, start + Header, length));
                start += whole;
            }

            if (contents.Count > 0)
            {
                // A blocking socket takes all of it.
                _ = plain.Send(contents);
            }

            buffer.AsSpan(start, end - start).CopyTo(buffer);
            end -= start;
        }

        plain.Shutdown(SocketShutdown.Send);
    }

    private static void Send(Socket socket, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[socket.Send(bytes)..];
        }
    }
}
