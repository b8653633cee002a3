namespace Postern.Ssh.Keys;

/// <summary>
/// A public key of one of the types that SSH names, never a certificate. Two keys are equal when their blobs are.
/// </summary>
public abstract class PublicKey
{
    /// <summary>Remembers the blob that the key was read from.</summary>
    protected PublicKey(ReadOnlyMemory<byte> blob) => Blob = blob;

    /// <summary>The key's type as it stands in its blob, such as <c>ssh-ed25519</c>.</summary>
    public abstract string Type { get; }

    /// <summary>The key in wire form (RFC 4253 section 6.6).</summary>
    public ReadOnlyMemory<byte> Blob { get; }

    /// <summary>
    /// The names of the signature algorithms that the key can verify, best first: for RSA <c>rsa-sha2-512</c> and
    /// <c>rsa-sha2-256</c>, for the others the type itself.
    /// </summary>
    public abstract IReadOnlyList<string> SignatureAlgorithms { get; }

    /// <summary>
    /// Verifies <paramref name="signature"/>, a signature blob (RFC 4253 section 6.6), over <paramref name="data"/>.
    /// False when it does not verify, is malformed, or names another algorithm than <paramref name="algorithm"/>.
    /// </summary>
    public abstract bool Verify(string algorithm, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature);
}
