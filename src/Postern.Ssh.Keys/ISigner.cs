namespace Postern.Ssh.Keys;

/// <summary>Makes signatures with a private key, wherever that is kept.</summary>
public interface ISigner
{
    /// <summary>The public half.</summary>
    PublicKey PublicKey { get; }

    /// <summary>
    /// Signs <paramref name="data"/> with one of the public key's <see cref="PublicKey.SignatureAlgorithms"/> and
    /// returns the signature blob (RFC 4253 section 6.6).
    /// </summary>
    byte[] Sign(string algorithm, ReadOnlySpan<byte> data);
}
