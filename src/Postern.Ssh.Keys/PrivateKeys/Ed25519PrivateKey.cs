using System.Security.Cryptography;
using Postern.Ssh.Keys.Interop;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Keys;

/// <summary>
/// An Ed25519 private key in this process's memory, cleared when disposed. Signing is safe on several threads at once.
/// </summary>
public sealed class Ed25519PrivateKey : PrivateKey
{
    /// <summary>The bytes of the seed from which the whole key follows (RFC 8032 section 5.1.5).</summary>
    public const int SeedSize = Libcrypto.Ed25519KeySize;

    private readonly Libcrypto.EvpPkeyHandle _handle;
    private readonly byte[] _seed;

    private Ed25519PrivateKey(byte[] pinnedSeed)
    {
        _seed = pinnedSeed;
        _handle = Libcrypto.LoadEd25519(_seed);
        PublicKey = Ed25519PublicKey.FromPoint(Libcrypto.PublicEd25519(_handle));
    }

    /// <inheritdoc/>
    public override Ed25519PublicKey PublicKey { get; }

    /// <inheritdoc/>
    internal override int FieldsSize => (2 * sizeof(uint)) + (3 * SeedSize);

    /// <summary>Makes a new key from the operating system's randomness.</summary>
    public static Ed25519PrivateKey Generate()
    {
        var seed = NewSeed();
        RandomNumberGenerator.Fill(seed);
        return new Ed25519PrivateKey(seed);
    }

    /// <summary>The key of a seed of <see cref="SeedSize"/> bytes, which is copied. Other lengths throw.</summary>
    public static Ed25519PrivateKey FromSeed(ReadOnlySpan<byte> seed)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(seed.Length, SeedSize, nameof(seed));
        var own = NewSeed();
        seed.CopyTo(own);
        return new Ed25519PrivateKey(own);
    }

    /// <summary>Writes the seed of <see cref="SeedSize"/> bytes; the caller clears what it wrote to.</summary>
    public void CopySeedTo(Span<byte> destination)
    {
        ObjectDisposedException.ThrowIf(_handle.IsClosed, this);
        _seed.CopyTo(destination);
    }

    /// <inheritdoc/>
    public override byte[] Sign(string algorithm, ReadOnlySpan<byte> data)
    {
        ObjectDisposedException.ThrowIf(_handle.IsClosed, this);
        if (!string.Equals(algorithm, Ed25519PublicKey.TypeName, StringComparison.Ordinal))
        {
            throw new ArgumentException("an Ed25519 key signs with ssh-ed25519 only", nameof(algorithm));
        }

        return SignatureBlob.Write(algorithm, Libcrypto.SignEd25519(_handle, data));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _handle.Dispose();
        CryptographicOperations.ZeroMemory(_seed);
    }

    internal static Ed25519PrivateKey FromFields(scoped ref WireReader reader)
    {
        var point = reader.ReadString(SeedSize);
        var seedAndPoint = reader.ReadString(2 * SeedSize);
        if (seedAndPoint.Length != 2 * SeedSize || !seedAndPoint[SeedSize..].SequenceEqual(point))
        {
            WireFormatException.Throw("the private key's two halves differ");
        }

        var key = FromSeed(seedAndPoint[..SeedSize]);
        if (!key.PublicKey.Point.Span.SequenceEqual(point))
        {
            key.Dispose();
            WireFormatException.Throw("the private key's point does not follow from its seed");
        }

        return key;
    }

    internal override void WriteFields(scoped ref WireWriter writer)
    {
        ObjectDisposedException.ThrowIf(_handle.IsClosed, this);
        var point = PublicKey.Point.Span;
        writer.WriteString(point);
        writer.WriteUInt32((uint)(_seed.Length + point.Length));
        writer.WriteBytes(_seed);
        writer.WriteBytes(point);
    }

    // Pinned, so that the garbage collector leaves no copies behind.
    private static byte[] NewSeed() => GC.AllocateArray<byte>(SeedSize, pinned: true);
}
