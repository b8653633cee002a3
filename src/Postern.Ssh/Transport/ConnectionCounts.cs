namespace Postern.Ssh.Transport;

/// <summary>What a connection, or many of them, has done so far.</summary>
/// <param name="BytesReceived">Bytes of packets, as on the wire.</param>
/// <param name="BytesSent">The same of those sent.</param>
/// <param name="Rekeys">Key exchanges after the first.</param>
/// <param name="Channels">Channels open now.</param>
/// <param name="RefusedChannels">Channels that a limit of the engine refused.</param>
internal readonly record struct ConnectionCounts(long BytesReceived, long BytesSent, long Rekeys, long Channels, long RefusedChannels)
{
    public static ConnectionCounts operator +(ConnectionCounts one, ConnectionCounts other) => new(
        one.BytesReceived + other.BytesReceived,
        one.BytesSent + other.BytesSent,
        one.Rekeys + other.Rekeys,
        one.Channels + other.Channels,
        one.RefusedChannels + other.RefusedChannels);
}
