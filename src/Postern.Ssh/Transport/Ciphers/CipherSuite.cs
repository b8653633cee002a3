namespace Postern.Ssh.Transport.Ciphers;

/// <summary>
/// A negotiable cipher, with its MAC where it needs one: its name, its sizes, and how to make both directions of it.
/// </summary>
internal abstract class CipherSuite
{
    private static readonly CipherSuite[] Suites =
    [
        new AesGcmCipher("aes128-gcm@openssh.com", 16),
        new AesGcmCipher("aes256-gcm@openssh.com", 32),
        new ChaCha20Poly1305Cipher(),
        new AesCtrCipher("aes128-ctr", 16),
        new AesCtrCipher("aes192-ctr", 24),
        new AesCtrCipher("aes256-ctr", 32),
    ];

    /// <summary>All names, best first.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Suites.Select(suite => suite.Name)];

    public abstract string Name { get; }

    /// <summary>Bytes of key that the key exchange must give.</summary>
    public abstract int KeyLength { get; }

    /// <summary>Bytes of initial vector that the key exchange must give.</summary>
    public abstract int InitialVectorLength { get; }

    /// <summary>Bytes of key for the MAC that the key exchange must give; none for ciphers that authenticate.</summary>
    public virtual int MacKeyLength => 0;

    /// <summary>Whether a MAC must be negotiated, and put to the cipher by <see cref="With"/>, before it is of use.</summary>
    public virtual bool NeedsMac => false;

    /// <summary>The cipher of a name, without a MAC; null when there is none.</summary>
    public static CipherSuite? Find(string name) => Array.Find(Suites, suite => suite.Name == name);

    /// <summary>The cipher with a MAC.</summary>
    public virtual CipherSuite With(MacAlgorithm algorithm) =>
        throw new InvalidOperationException($"{Name} authenticates and takes no MAC");

    public abstract PacketEncryptor CreateEncryptor(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> initialVector, ReadOnlySpan<byte> macKey);

    public abstract PacketDecryptor CreateDecryptor(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> initialVector, ReadOnlySpan<byte> macKey);
}
