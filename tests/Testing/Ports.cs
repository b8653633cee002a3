using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Postern.Testing;

/// <summary>Ports of 127.0.0.1 for servers that have to be told theirs before they start.</summary>
public static class Ports
{
    // Below the range out of which the kernel gives ports to whoever asks for any (32768 on): a port of that range may
    // be another test's outgoing connection by the time a server starts. Above what well-known services use, below the process
    // target's own (20000 on).
    private const int First = 10_000;
    private const int End = 20_000;

    // What was given away may not be in use yet: a test asks for several before it starts its servers, and others ask beside it.
    private static readonly ConcurrentDictionary<int, bool> Given = new();

    /// <summary>
    /// A port that nothing uses now, that nothing gets without asking for it by number, and that nobody else of this process was given.
    /// </summary>
    public static int Free()
    {
        while (true)
        {
            var port = RandomNumberGenerator.GetInt32(First, End);
            if (!Given.TryAdd(port, true))
            {
                continue;
            }

            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // Another.
            }
        }
    }
}
