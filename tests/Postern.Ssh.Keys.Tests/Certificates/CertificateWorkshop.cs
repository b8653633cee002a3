using System.Security.Cryptography;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Keys.Tests;

/// <summary>Makes certificates, whole ones and ones that are truly signed but wrong in a field.</summary>
internal sealed class CertificateWorkshop : IDisposable
{
    private readonly RandomNumberGenerator _random = RandomNumberGenerator.Create();

    public CertificateWorkshop() => Statement = new CertificateStatement
    {
        Key = Holder.PublicKey,
        Type = CertificateType.User,
        Serial = 1,
        KeyId = "alice",
        Principals = ["alice"],
        ValidAfter = 1000,
        ValidBefore = 2000,
    };

    /// <summary>Writes a field in place of the one that belongs there.</summary>
    public delegate void Field(ref WireWriter writer);

    public Ed25519PrivateKey Authority { get; } = Ed25519PrivateKey.Generate();

    public Ed25519PrivateKey Holder { get; } = Ed25519PrivateKey.Generate();

    public CertificateStatement Statement { get; }

    public Certificate Sign(CertificateStatement statement) => new CertificateBuilder(Authority, _random).Sign(statement);

    /// <summary>Signs the fields as they are given, in place of <c>alice</c>'s.</summary>
    public byte[] Forge(
        string type = "ssh-ed25519-cert-v01@openssh.com",
        int nonceSize = 32,
        uint kind = 1,
        byte[]? keyId = null,
        Field? principals = null,
        ulong validAfter = 1000,
        ulong validBefore = 2000,
        Field? criticalOptions = null,
        Field? extensions = null,
        int reservedSize = 0,
        byte[]? signatureKey = null,
        ISigner? signer = null,
        string? algorithm = null)
    {
        signer ??= Authority;
        var writer = new WireWriter(new byte[256 * 1024]);
        writer.WriteText(type);
        writer.WriteString(new byte[nonceSize]);
        writer.WriteString(Holder.PublicKey.Point.Span);
        writer.WriteUInt64(1);
        writer.WriteUInt32(kind);
        writer.WriteString(keyId ?? "alice"u8);
        Pack(ref writer, principals ?? ((ref WireWriter w) => w.WriteText("alice")));
        writer.WriteUInt64(validAfter);
        writer.WriteUInt64(validBefore);
        Pack(ref writer, criticalOptions);
        Pack(ref writer, extensions);
        writer.WriteString(new byte[reservedSize]);
        writer.WriteString(signatureKey ?? signer.PublicKey.Blob.Span);
        writer.WriteString(signer.Sign(algorithm ?? signer.PublicKey.SignatureAlgorithms[0], writer.Written));
        return writer.Written.ToArray();
    }

    public void Dispose()
    {
        Authority.Dispose();
        Holder.Dispose();
        _random.Dispose();
    }

    private static void Pack(ref WireWriter writer, Field? field)
    {
        var inner = new WireWriter(new byte[128 * 1024]);
        field?.Invoke(ref inner);
        writer.WriteString(inner.Written);
    }
}
