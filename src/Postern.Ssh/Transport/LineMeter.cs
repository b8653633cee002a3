using System.Net.Sockets;

namespace Postern.Ssh.Transport;

/// <summary>What the kernel knows of the line to the peer.</summary>
internal class LineMeter(Socket? socket, TimeProvider time)
{
    // tcp(7), TCP_INFO: struct tcp_info of linux/tcp.h, in which tcpi_rtt is the smoothed round trip in microseconds.
    private const int ProtocolTcp = 6;
    private const int TcpInfo = 11;
    private const int RoundTripOffset = 68;
    private const int InfoLength = RoundTripOffset + sizeof(uint);

    /// <summary>The clock that things on the line are timed with.</summary>
    public TimeProvider Time { get; } = time;

    /// <summary>The round trip as TCP measures it; zero when there is no such thing.</summary>
    public virtual TimeSpan ReadRoundTrip()
    {
        Span<byte> info = stackalloc byte[InfoLength];
        try
        {
            return socket?.GetRawSocketOption(ProtocolTcp, TcpInfo, info) == InfoLength
                ? TimeSpan.FromMicroseconds(BitConverter.ToUInt32(info[RoundTripOffset..]))
                : TimeSpan.Zero;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Not a TCP socket, or one that was closed.
            return TimeSpan.Zero;
        }
    }
}
