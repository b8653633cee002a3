using Postern.Ssh.Messages;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Connection;

/// <summary>The answer to a <see cref="GlobalRequest"/> (RFC 4254 section 4).</summary>
/// <param name="IsGranted">REQUEST_SUCCESS or REQUEST_FAILURE.</param>
/// <param name="Content">What comes with a success; empty for a failure.</param>
public readonly record struct GlobalReply(bool IsGranted, ReadOnlyMemory<byte> Content = default)
{
    /// <summary>REQUEST_SUCCESS with nothing in it.</summary>
    public static GlobalReply Success => new(true);

    /// <summary>REQUEST_FAILURE.</summary>
    public static GlobalReply Failure => default;

    /// <summary>The success of a tcpip-forward for port 0 (RFC 4254 section 7.1).</summary>
    public static GlobalReply ForPort(int port) =>
        new(true, MessageCodec.WritePart(new TcpIpForwardReply((uint)port), sizeof(uint)));

    /// <summary>The port of a success that <see cref="ForPort"/> made, or null when there is none.</summary>
    public int? ReadPort()
    {
        try
        {
            var port = IsGranted ? MessageCodec.ReadPart<TcpIpForwardReply>(Content.Span).Port : 0;
            return port is > 0 and <= ushort.MaxValue ? (int)port : null;
        }
        catch (WireFormatException)
        {
            return null;
        }
    }
}
