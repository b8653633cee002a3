namespace Postern.Ssh.Keys;

/// <summary>
/// A public key algorithm as peers announce it in <c>server_host_key_algorithms</c>, <c>server-sig-algs</c> and
/// authentication requests, and what it says about the blob and the signature that come with it (RFC 8332 section 3).
/// </summary>
/// <param name="Name">The announced name, such as <c>rsa-sha2-512-cert-v01@openssh.com</c>.</param>
/// <param name="BlobType">The type in the blob, such as <c>ssh-rsa-cert-v01@openssh.com</c>.</param>
/// <param name="SignatureAlgorithm">The only algorithm that the signature may have, such as <c>rsa-sha2-512</c>.</param>
/// <param name="IsCertificate">Whether the blob is a certificate.</param>
public sealed record PublicKeyAlgorithm(string Name, string BlobType, string SignatureAlgorithm, bool IsCertificate)
{
    private const string RsaCertificate = "ssh-rsa-cert-v01@openssh.com";

    /// <summary>Every algorithm that keys and certificates may be announced with, best first. SHA-1 and DSA have none.</summary>
    public static IReadOnlyList<PublicKeyAlgorithm> All { get; } =
    [
        Certificate("ssh-ed25519-cert-v01@openssh.com", "ssh-ed25519"),
        Certificate("sk-ssh-ed25519-cert-v01@openssh.com", SecurityKeyEd25519PublicKey.TypeName),
        Certificate("ecdsa-sha2-nistp256-cert-v01@openssh.com", "ecdsa-sha2-nistp256"),
        Certificate("sk-ecdsa-sha2-nistp256-cert-v01@openssh.com", SecurityKeyEcdsaPublicKey.TypeName),
        Certificate("ecdsa-sha2-nistp384-cert-v01@openssh.com", "ecdsa-sha2-nistp384"),
        Certificate("ecdsa-sha2-nistp521-cert-v01@openssh.com", "ecdsa-sha2-nistp521"),
        new("rsa-sha2-512-cert-v01@openssh.com", RsaCertificate, RsaPublicKey.Sha512, IsCertificate: true),
        new("rsa-sha2-256-cert-v01@openssh.com", RsaCertificate, RsaPublicKey.Sha256, IsCertificate: true),
        Plain("ssh-ed25519"),
        Plain(SecurityKeyEd25519PublicKey.TypeName),
        Plain("ecdsa-sha2-nistp256"),
        Plain(SecurityKeyEcdsaPublicKey.TypeName),
        Plain("ecdsa-sha2-nistp384"),
        Plain("ecdsa-sha2-nistp521"),
        new(RsaPublicKey.Sha512, RsaPublicKey.TypeName, RsaPublicKey.Sha512, IsCertificate: false),
        new(RsaPublicKey.Sha256, RsaPublicKey.TypeName, RsaPublicKey.Sha256, IsCertificate: false),
    ];

    /// <summary>The algorithm of that name, or null when there is none or it is not secure.</summary>
    public static PublicKeyAlgorithm? Find(string name) =>
        All.FirstOrDefault(a => string.Equals(a.Name, name, StringComparison.Ordinal));

    private static PublicKeyAlgorithm Certificate(string name, string signature) => new(name, name, signature, IsCertificate: true);

    private static PublicKeyAlgorithm Plain(string name) => new(name, name, name, IsCertificate: false);
}
