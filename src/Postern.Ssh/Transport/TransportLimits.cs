using Postern.Ssh.Wire;

namespace Postern.Ssh.Transport;

/// <summary>Limits of the transport layer.</summary>
public sealed record TransportLimits
{
    /// <summary>
    /// The largest packet accepted, in bytes, the length field not counted; 35000 (RFC 4253 section 6.1) to 256 KiB,
    /// which is OpenSSH's own cap and the default.
    /// </summary>
    public int MaximumPacket { get; init; } = WireLimits.Packet;

    /// <summary>Bytes sent or received under one key before we ask for new ones; RFC 4253 section 9 says 1 GiB.</summary>
    public long RekeyBytes { get; init; } = 1L << 30;

    /// <summary>Packets under one key before we ask for new ones; RFC 4344 section 3.1 says 2^31.</summary>
    public long RekeyPackets { get; init; } = 1L << 31;

    /// <summary>Time under one key before we ask for new ones; RFC 4253 section 9 says one hour.</summary>
    public TimeSpan RekeyInterval { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// Time from the first KEXINIT to the peer's NEWKEYS in a re-key; a peer that takes longer is dropped, for data to
    /// it is held meanwhile. 60 s leaves room for a congested line.
    /// </summary>
    public TimeSpan RekeyTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Re-keys that the peer of a signed-in connection may begin one upon another: 20. Each costs a fifth of a millisecond, and
    /// some of them with an RSA host key. They come back with <see cref="PeerRekeyBytes"/> and <see cref="PeerRekeyInterval"/>,
    /// so that whoever re-keys by volume, by time or by hand stays far below; who begins one more is dropped.
    /// </summary>
    public int PeerRekeys { get; init; } = 20;

    /// <summary>
    /// Bytes of packets, both ways together, with which one of <see cref="PeerRekeys"/> comes back: 32 KiB. The least that clients are told
    /// to re-key by is 64 KiB; that they move on average, with exchanges that follow one another at once between, for packets are large.
    /// </summary>
    public long PeerRekeyBytes { get; init; } = 32 * 1024;

    /// <summary>Time with which one of <see cref="PeerRekeys"/> comes back: 3 s.</summary>
    public TimeSpan PeerRekeyInterval { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Buffers in bytes of channel data that may wait for the socket on one connection before senders must wait; 512 KiB is
    /// sixteen full packets, enough to fill one send.
    /// </summary>
    public int QueuedData { get; init; } = 512 * 1024;

    /// <summary>
    /// Buffers in bytes that messages other than data (replies, adjustments) may occupy while they wait for the
    /// socket. A peer that asks without reading is dropped there; honest ones stay under a few KiB.
    /// </summary>
    public int QueuedControl { get; init; } = 2 * 1024 * 1024;

    /// <summary>How long a connection that we end may take to accept what was queued before, DISCONNECT included.</summary>
    public TimeSpan LingerTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// What all connections together may keep; share the limits, or this, among all that a host serves. See
    /// <see cref="MemoryBudget.DefaultLimit"/>.
    /// </summary>
    public MemoryBudget Memory { get; init; } = new(MemoryBudget.DefaultLimit);

    /// <summary>The most data in bytes that a ping@openssh.com may carry; OpenSSH sends 5.</summary>
    public int PingData { get; init; } = 1024;
}
