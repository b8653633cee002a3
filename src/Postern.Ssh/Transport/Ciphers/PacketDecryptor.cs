namespace Postern.Ssh.Transport.Ciphers;

/// <summary>Opens packets of one direction under one key (RFC 4253 section 6). Not safe for concurrent use.</summary>
internal abstract class PacketDecryptor : IDisposable
{
    /// <summary>The unit that the padded part is a multiple of.</summary>
    public abstract int BlockSize { get; }

    /// <summary>Whether packet_length counts towards the multiple.</summary>
    public abstract bool IsLengthPadded { get; }

    /// <summary>Length of the tag behind the packet.</summary>
    public abstract int TagLength { get; }

    /// <summary>Whether a wrong length can only be told from corruption by the tag; then both get the same answer.</summary>
    public abstract bool IsProtected { get; }

    /// <summary>
    /// Whether packet_length is encrypted in such a way that it must be used before anything says that it is right.
    /// Then a wrong one is not answered before as much came as the longest packet has, so that neither the answer nor
    /// its time tells what the four bytes decrypt to.
    /// </summary>
    public virtual bool IsLengthEncrypted => false;

    /// <summary>
    /// Reads packet_length from the first four bytes, without changing them; called once for each packet. Not yet
    /// authenticated.
    /// </summary>
    public abstract uint ReadLength(ReadOnlySpan<byte> header, uint sequence);

    /// <summary>
    /// Verifies and decrypts in place a packet with its length field in front and its tag behind. False when the tag
    /// is wrong; the bytes are then of no use.
    /// </summary>
    public abstract bool TryOpen(Span<byte> packet, uint sequence);

    /// <summary>Lets the key go.</summary>
    public abstract void Dispose();
}
