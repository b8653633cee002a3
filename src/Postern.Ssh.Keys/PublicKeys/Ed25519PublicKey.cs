using Postern.Ssh.Keys.Interop;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Keys;

/// <summary>An Ed25519 key (RFC 8709 section 4).</summary>
public sealed class Ed25519PublicKey : PublicKey
{
    internal const string TypeName = "ssh-ed25519";

    private Ed25519PublicKey(byte[] blob, ReadOnlyMemory<byte> point)
        : base(blob) => Point = point;

    /// <inheritdoc/>
    public override string Type => TypeName;

    /// <inheritdoc/>
    public override IReadOnlyList<string> SignatureAlgorithms { get; } = [TypeName];

    /// <summary>The encoded point of 32 bytes (RFC 8032 section 5.1.2).</summary>
    public ReadOnlyMemory<byte> Point { get; }

    /// <summary>The key of an encoded point of 32 bytes.</summary>
    internal static Ed25519PublicKey FromPoint(ReadOnlySpan<byte> point)
    {
        var blob = new byte[4 + TypeName.Length + 4 + point.Length];
        var writer = new WireWriter(blob);
        writer.WriteText(TypeName);
        writer.WriteString(point);
        return new Ed25519PublicKey(blob, blob.AsMemory(^point.Length..));
    }

    internal static Ed25519PublicKey ReadFields(string type, scoped ref WireReader reader, byte[] blob)
    {
        var point = ReadPoint(ref reader);
        return new Ed25519PublicKey(blob, point.ToArray());
    }

    internal static ReadOnlySpan<byte> ReadPoint(scoped ref WireReader reader)
    {
        var point = reader.ReadString(Libcrypto.Ed25519KeySize);
        if (point.Length != Libcrypto.Ed25519KeySize)
        {
            WireFormatException.Throw($"an Ed25519 key of {point.Length} bytes instead of {Libcrypto.Ed25519KeySize}");
        }

        return point;
    }

    private protected override bool VerifyBody(string algorithm, ReadOnlySpan<byte> data, scoped ref WireReader signature)
    {
        var value = signature.ReadString(Libcrypto.Ed25519SignatureSize);
        signature.RequireEnd();
        return Libcrypto.VerifyEd25519(Point.Span, data, value);
    }
}
