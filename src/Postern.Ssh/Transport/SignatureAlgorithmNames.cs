using System.Collections.Frozen;

namespace Postern.Ssh.Transport;

/// <summary>
/// Names of signature algorithms, and how a certificate's algorithm is named after them (OpenSSH PROTOCOL.certkeys):
/// <c>-cert-v01</c> goes in front of a domain, and brings one where there is none.
/// </summary>
internal static class SignatureAlgorithmNames
{
    private const string CertificateMark = "-cert-v01@openssh.com";
    private const string Domain = "@openssh.com";

    /// <summary>Every signature algorithm that a user's key may have.</summary>
    public static FrozenSet<string> All { get; } = FrozenSet.Create(
        "ssh-ed25519",
        "ecdsa-sha2-nistp256",
        "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp521",
        "sk-ssh-ed25519@openssh.com",
        "sk-ecdsa-sha2-nistp256@openssh.com",
        "rsa-sha2-512",
        "rsa-sha2-256");

    /// <summary>Every signature algorithm that a host key may have: those of users without the security keys.</summary>
    public static FrozenSet<string> HostKeys { get; } = All.Where(name => !name.StartsWith("sk-", StringComparison.Ordinal)).ToFrozenSet();

    /// <summary>The name of the algorithm when the key comes in a certificate.</summary>
    public static string ForCertificate(string signatureAlgorithm) =>
        signatureAlgorithm.EndsWith(Domain, StringComparison.Ordinal)
            ? signatureAlgorithm[..^Domain.Length] + CertificateMark
            : signatureAlgorithm + CertificateMark;

    /// <summary>The signature algorithm that a public-key algorithm name stands for, and whether it means a certificate.</summary>
    public static string ToSignature(string publicKeyAlgorithm, out bool isCertificate)
    {
        isCertificate = publicKeyAlgorithm.EndsWith(CertificateMark, StringComparison.Ordinal);
        if (!isCertificate)
        {
            return publicKeyAlgorithm;
        }

        var name = publicKeyAlgorithm[..^CertificateMark.Length];
        return name.StartsWith("sk-", StringComparison.Ordinal) ? name + Domain : name;
    }
}
