using System.Net.Sockets;

namespace Postern.Ssh.Transport;

/// <summary>What the kernel knows of the line to the peer.</summary>
internal class LineMeter(Socket? socket, TimeProvider time)
{
    // tcp(7), TCP_INFO: struct tcp_info of linux/tcp.h, in which tcpi_rtt is the smoothed round trip in microseconds, and
    // tcpi_notsent_bytes what waits to be sent for the first time.
    private const int ProtocolTcp = 6;
    private const int TcpInfo = 11;
    private const int RoundTripOffset = 68;
    private const int UnsentOffset = 144;

    /// <summary>The clock that things on the line are timed with.</summary>
    public TimeProvider Time { get; } = time;

    /// <summary>The round trip as TCP measures it; zero when there is no such thing.</summary>
    public virtual TimeSpan ReadRoundTrip() => TimeSpan.FromMicroseconds(Read(RoundTripOffset));

    /// <summary>Bytes that the kernel has of us and has not sent yet; zero when there is no such thing.</summary>
    public uint ReadUnsent() => Read(UnsentOffset);

    private uint Read(int offset)
    {
        Span<byte> info = stackalloc byte[UnsentOffset + sizeof(uint)];
        info = info[..(offset + sizeof(uint))];
        try
        {
            return socket?.GetRawSocketOption(ProtocolTcp, TcpInfo, info) == info.Length
                ? BitConverter.ToUInt32(info[offset..])
                : 0;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Not a TCP socket, or one that was closed.
            return 0;
        }
    }
}
