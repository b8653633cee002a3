using Postern.Ssh.Keys;

namespace Postern.Authority;

/// <summary>
/// Compares a certificate, as read back from its bytes, with what was to be signed. A difference is a bug, or a signer
/// that does not do what it is told; either way the certificate must not leave the house.
/// </summary>
internal static class IssuedCertificateCheck
{
    /// <summary>Throws <see cref="InvalidOperationException"/> unless the certificate says exactly what it should.</summary>
    public static void Require(Certificate certificate, CertificateStatement statement, PublicKey authority)
    {
        Require(certificate.SignatureKey.Equals(authority), "signature key");
        Require(certificate.Key.Equals(statement.Key), "key");
        Require(certificate.CertificateType == statement.Type, "type");
        Require(certificate.Serial == statement.Serial, "serial");
        Require(string.Equals(certificate.KeyId, statement.KeyId, StringComparison.Ordinal), "key id");
        Require(certificate.Principals.Count > 0 && certificate.Principals.SequenceEqual(statement.Principals), "principals");
        Require(certificate.ValidAfter == statement.ValidAfter && certificate.ValidBefore == statement.ValidBefore, "validity");
        Require(AreEqual(certificate.CriticalOptions, statement.CriticalOptions), "critical options");
        Require(AreEqual(certificate.Extensions, statement.Extensions), "extensions");
    }

    private static bool AreEqual(IReadOnlyList<CertificateOption> actual, IReadOnlyCollection<CertificateOption> wanted) =>
        actual.SequenceEqual(wanted.OrderBy(o => o.Name, StringComparer.Ordinal));

    private static void Require(bool holds, string field)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"the certificate that was signed has another {field} than was asked for");
        }
    }
}
