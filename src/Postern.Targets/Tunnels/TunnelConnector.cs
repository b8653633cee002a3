using System.Net;
using System.Net.Sockets;
using Postern.Ssh.EventLoops;
using Postern.Targets.Interop;

namespace Postern.Targets.Tunnels;

/// <summary>
/// Connects to what a tunnel leads to, waiting on an event loop: a socket that the runtime once waited for is watched by it
/// for good, and wakes a thread of its own with every packet beside the loop.
/// </summary>
internal static class TunnelConnector
{
    /// <summary>A connected socket that does not block.</summary>
    /// <exception cref="SocketException">Nobody accepts the connection.</exception>
    internal static async ValueTask<Socket> ConnectAsync(IPEndPoint address, CancellationToken cancellationToken)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        try
        {
            BeginConnect(socket, address);
            await FinishConnectAsync(socket, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static unsafe void BeginConnect(Socket socket, IPEndPoint address)
    {
        SocketAddress native = address.Serialize();
        fixed (byte* bytes = native.Buffer.Span)
        {
            // That it is under way is what we expect, and why it failed the first write tells.
            _ = LibC.Connect(socket.SafeHandle, bytes, (uint)native.Size);
        }
    }

    private static async ValueTask FinishConnectAsync(Socket socket, CancellationToken cancellationToken)
    {
        TaskCompletionSource writable = NewWait();
        using LoopDescriptor descriptor = EventLoopGroup.Shared.Take().Watch(socket.SafeHandle, null, () => writable.TrySetResult());
        while (true)
        {
            writable = NewWait();
            switch (descriptor.Write([]))
            {
                case LoopDescriptor.Broken:
                    throw new SocketException((int)SocketError.ConnectionRefused);
                case >= 0:
                    return;
            }

            if (!descriptor.AwaitWritable())
            {
                await writable.Task.WaitAsync(cancellationToken);
            }
        }
    }

    private static TaskCompletionSource NewWait() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
