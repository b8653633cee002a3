using System.Security.Cryptography;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Keys;

/// <summary>
/// A public key of one of the types that SSH names, never a certificate. Two keys are equal when their blobs are.
/// </summary>
public abstract class PublicKey : IEquatable<PublicKey>
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

    /// <summary>The fingerprint that <c>ssh-keygen -l</c> prints: <c>SHA256:</c> and 43 characters of base64.</summary>
    public string Sha256Fingerprint =>
        "SHA256:" + Convert.ToBase64String(SHA256.HashData(Blob.Span)).TrimEnd('=');

    /// <summary>The older fingerprint, as 32 hexadecimal digits without colons; it names a key and proves nothing.</summary>
#pragma warning disable CA5351 // MD5 is the fingerprint that existing clients compare; nothing is secured by it.
    public string Md5Fingerprint => Convert.ToHexStringLower(MD5.HashData(Blob.Span));
#pragma warning restore CA5351

    /// <summary>
    /// Reads a key in wire form (RFC 4253 section 6.6). Throws <see cref="WireFormatException"/> when the blob is
    /// malformed, has bytes after its end, is a certificate, or holds a key that is too weak or of an unknown type.
    /// </summary>
    public static PublicKey Read(ReadOnlySpan<byte> blob)
    {
        if (blob.Length > WireLimits.KeyBlob)
        {
            WireFormatException.Throw($"key of {blob.Length} bytes exceeds {WireLimits.KeyBlob}");
        }

        var reader = new WireReader(blob);
        var type = PublicKeyType.Require(reader.ReadName(WireLimits.Name));
        var key = type.Read(ref reader, blob.ToArray());
        reader.RequireEnd();
        return key;
    }

    /// <summary>
    /// Verifies <paramref name="signature"/>, a signature blob (RFC 4253 section 6.6), over <paramref name="data"/>.
    /// False when it does not verify, is malformed, or names another algorithm than <paramref name="algorithm"/>.
    /// </summary>
    public bool Verify(string algorithm, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (!SignatureAlgorithms.Contains(algorithm, StringComparer.Ordinal))
        {
            return false;
        }

        try
        {
            var reader = new WireReader(signature);
            if (!string.Equals(reader.ReadName(WireLimits.Name), algorithm, StringComparison.Ordinal))
            {
                return false;
            }

            return VerifyBody(algorithm, data, ref reader);
        }
        catch (WireFormatException)
        {
            return false;
        }
    }

    /// <summary>The key as a line of an <c>authorized_keys</c> or <c>.pub</c> file, without a line end.</summary>
    /// <param name="comment">What follows the key, or nothing when it is empty.</param>
    public string ToAuthorizedKey(string comment = "") => KeyLine.Write(Type, Blob.Span, comment);

    /// <summary>
    /// Reads a line of a <c>.pub</c> file, or of an <c>authorized_keys</c> file without options. Throws
    /// <see cref="WireFormatException"/> when it is anything else.
    /// </summary>
    public static AuthorizedKey ParseAuthorizedKey(string line)
    {
        var (type, blob, comment) = KeyLine.Read(line);
        var key = Read(blob);
        if (!string.Equals(key.Type, type, StringComparison.Ordinal))
        {
            WireFormatException.Throw("the key line names another type than its key has");
        }

        return new AuthorizedKey(key, comment);
    }

    /// <inheritdoc/>
    public bool Equals(PublicKey? other) => other is not null && Blob.Span.SequenceEqual(other.Blob.Span);

    /// <inheritdoc/>
    public sealed override bool Equals(object? obj) => Equals(obj as PublicKey);

    /// <inheritdoc/>
    public sealed override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(Blob.Span);
        return hash.ToHashCode();
    }

    /// <summary>The type and the fingerprint, which are safe to log.</summary>
    public sealed override string ToString() => Type + " " + Sha256Fingerprint;

    /// <summary>
    /// Verifies what follows the algorithm's name in a signature blob, to its end. The algorithm is one of
    /// <see cref="SignatureAlgorithms"/>. May throw <see cref="WireFormatException"/>.
    /// </summary>
    private protected abstract bool VerifyBody(string algorithm, ReadOnlySpan<byte> data, scoped ref WireReader signature);
}
