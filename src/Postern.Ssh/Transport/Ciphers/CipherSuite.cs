namespace Postern.Ssh.Transport.Ciphers;

/// <summary>A negotiable cipher: its name, its sizes, and how to make both directions of it.</summary>
internal abstract class CipherSuite
{
    private static readonly CipherSuite[] Suites =
    [
        new AesGcmCipher("aes128-gcm@openssh.com", 16),
        new AesGcmCipher("aes256-gcm@openssh.com", 32),
        new ChaCha20Poly1305Cipher(),
    ];

    public abstract string Name { get; }

    /// <summary>Bytes of key that the key exchange must give.</summary>
    public abstract int KeyLength { get; }

    /// <summary>Bytes of initial vector that the key exchange must give.</summary>
    public abstract int InitialVectorLength { get; }

    public static CipherSuite? Find(string name) => Array.Find(Suites, suite => suite.Name == name);

    public abstract PacketEncryptor CreateEncryptor(ReadOnlySpan<byte> key, ReadOnlySpan<byte> initialVector);

    public abstract PacketDecryptor CreateDecryptor(ReadOnlySpan<byte> key, ReadOnlySpan<byte> initialVector);
}
