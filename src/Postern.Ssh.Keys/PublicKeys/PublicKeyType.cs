using Postern.Ssh.Wire;

namespace Postern.Ssh.Keys;

/// <summary>
/// The one catalogue of key types: the name in a key's blob, the name in a certificate's blob, and how the public
/// fields are read. What is not listed (DSA, SHA-1 certificates, version 00 certificates) is unknown.
/// </summary>
internal sealed class PublicKeyType
{
    private const string CertificateSuffix = "-cert-v01@openssh.com";

    private static readonly PublicKeyType[] All =
    [
        new(Ed25519PublicKey.TypeName, "ssh-ed25519" + CertificateSuffix, fieldCount: 1, Ed25519PublicKey.ReadFields),
        new("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256" + CertificateSuffix, 2, EcdsaPublicKey.ReadFields),
        new("ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384" + CertificateSuffix, 2, EcdsaPublicKey.ReadFields),
        new("ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521" + CertificateSuffix, 2, EcdsaPublicKey.ReadFields),
        new(RsaPublicKey.TypeName, "ssh-rsa" + CertificateSuffix, 2, RsaPublicKey.ReadFields),
        new(SecurityKeyEd25519PublicKey.TypeName, "sk-ssh-ed25519" + CertificateSuffix, 2, SecurityKeyEd25519PublicKey.ReadFields),
        new(SecurityKeyEcdsaPublicKey.TypeName, "sk-ecdsa-sha2-nistp256" + CertificateSuffix, 3, SecurityKeyEcdsaPublicKey.ReadFields),
    ];

    private readonly FieldReader _read;
    private readonly int _fieldCount;

    private PublicKeyType(string name, string certificateName, int fieldCount, FieldReader read)
    {
        Name = name;
        CertificateName = certificateName;
        _fieldCount = fieldCount;
        _read = read;
    }

    private delegate PublicKey FieldReader(string type, scoped ref WireReader reader, byte[] blob);

    /// <summary>Such as <c>ssh-ed25519</c>.</summary>
    public string Name { get; }

    /// <summary>Such as <c>ssh-ed25519-cert-v01@openssh.com</c>.</summary>
    public string CertificateName { get; }

    /// <summary>The type of a key's blob.</summary>
    public static PublicKeyType Require(string name) =>
        Find(name) ?? WireFormatException.Throw<PublicKeyType>(
            FindCertificate(name) is null ? "the key type is not supported" : "a certificate stands where a key is wanted");

    /// <summary>The type of a certificate's blob.</summary>
    public static PublicKeyType RequireCertificate(string name) =>
        FindCertificate(name) ?? WireFormatException.Throw<PublicKeyType>("the certificate type is not supported");

    /// <summary>The type of that name, or null.</summary>
    public static PublicKeyType? Find(string name) => Array.Find(All, t => t.Name == name);

    /// <summary>The type whose certificates have that name, or null.</summary>
    public static PublicKeyType? FindCertificate(string name) => Array.Find(All, t => t.CertificateName == name);

    /// <summary>Reads the fields after the name; <paramref name="blob"/> is the whole key and becomes the key's own.</summary>
    public PublicKey Read(scoped ref WireReader reader, byte[] blob) => _read(Name, ref reader, blob);

    /// <summary>
    /// Passes over the public fields inside a certificate. In every type they are strings (or mpints, which are
    /// framed alike), so that their slice with the name in front is the key's blob.
    /// </summary>
    public void SkipFields(scoped ref WireReader reader)
    {
        for (var i = 0; i < _fieldCount; i++)
        {
            reader.ReadString(WireLimits.KeyBlob);
        }
    }
}
