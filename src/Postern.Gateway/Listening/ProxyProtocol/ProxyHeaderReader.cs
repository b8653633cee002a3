using System.Net.Sockets;
using Postern.Ssh.Wire;

namespace Postern.Gateway.Listening.ProxyProtocol;

/// <summary>Receives a PROXY header from a socket, and not a byte more.</summary>
internal static class ProxyHeaderReader
{
    /// <summary>
    /// The header, or null when the proxy closed before it sent a byte, as health checks do. Throws
    /// <see cref="WireFormatException"/> when it is none, <see cref="TimeoutException"/> when it takes too long, and
    /// <see cref="SocketException"/> when the connection breaks.
    /// </summary>
    public static async Task<ProxyHeader?> ReadAsync(Socket socket, TimeProvider time, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(ProxyProtocolLimits.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        var bytes = new byte[ProxyProtocolLimits.Version1];
        var length = 0;
        ProxyHeader? header;
        while ((header = ProxyHeaderDecoder.TryRead(bytes.AsSpan(0, length), out var wanted)) is null)
        {
            if (bytes.Length - length < wanted)
            {
                Array.Resize(ref bytes, length + wanted);
            }

            int count;
            try
            {
                count = await socket.ReceiveAsync(bytes.AsMemory(length, wanted), SocketFlags.None, either.Token);
            }
            catch (OperationCanceledException exception) when (timeout.IsCancellationRequested)
            {
                throw new TimeoutException(
                    $"only {length} bytes of a PROXY header came within {ProxyProtocolLimits.Timeout.TotalSeconds} s", exception);
            }

            if (count == 0)
            {
                return length == 0 ? null : WireFormatException.Throw<ProxyHeader>("the connection ended within the PROXY header");
            }

            length += count;
        }

        return header;
    }
}
