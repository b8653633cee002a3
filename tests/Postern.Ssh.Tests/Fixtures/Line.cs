using System.Net;
using System.Net.Sockets;

namespace Postern.Ssh.Tests.Fixtures;

/// <summary>
/// A piece of network between two sockets: what goes in comes out later, in pieces of a size of its own, and only so
/// many bytes in each direction.
/// </summary>
internal sealed class Line : IAsyncDisposable
{
    private readonly List<Task> _running = [];
    private readonly List<Socket> _sockets = [];

    /// <summary>The largest piece in bytes.</summary>
    public int Piece { get; init; } = 64 * 1024;

    /// <summary>Bytes towards the client before the line is cut.</summary>
    public long ToClient { get; init; } = long.MaxValue;

    /// <summary>Bytes towards the server before the line is cut.</summary>
    public long ToServer { get; init; } = long.MaxValue;

    /// <summary>How long each piece is under way.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>Two connected sockets.</summary>
    public static async Task<(Socket Near, Socket Far)> PairAsync()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var near = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await near.ConnectAsync(listener.LocalEndPoint!);
        var far = await listener.AcceptAsync();
        far.NoDelay = true;
        return (near, far);
    }

    /// <summary>Puts the line behind the server's end of a pair, and returns the end that the server gets.</summary>
    public async Task<Socket> JoinAsync(Socket towardsClient)
    {
        var (server, towardsServer) = await PairAsync();
        _sockets.AddRange([towardsClient, towardsServer]);
        _running.Add(CarryAsync(towardsClient, towardsServer, ToServer));
        _running.Add(CarryAsync(towardsServer, towardsClient, ToClient));
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        Cut();
        await Task.WhenAll(_running);
    }

    private void Cut()
    {
        foreach (var socket in _sockets)
        {
            socket.Dispose();
        }
    }

    private async Task CarryAsync(Socket from, Socket to, long allowed)
    {
        var buffer = new byte[Piece];
        try
        {
            while (allowed > 0)
            {
                var count = await from.ReceiveAsync(buffer.AsMemory(0, (int)Math.Min(allowed, buffer.Length)), SocketFlags.None);
                if (count == 0)
                {
                    to.Shutdown(SocketShutdown.Send);
                    return;
                }

                if (Latency > TimeSpan.Zero)
                {
                    await Task.Delay(Latency);
                }

                for (var sent = 0; sent < count;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), SocketFlags.None);
                }

                allowed -= count;
            }

            Cut();
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // One of the ends has closed.
        }
    }
}
