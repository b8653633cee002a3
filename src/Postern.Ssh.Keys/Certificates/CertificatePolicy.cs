namespace Postern.Ssh.Keys;

/// <summary>Decides whether a certificate may be used. Knows nothing but its arguments.</summary>
public static class CertificatePolicy
{
    /// <summary>The critical option that pins a certificate to address ranges.</summary>
    public const string SourceAddressOption = "source-address";

    /// <summary>
    /// Decides; the first reason against it, in the order of <see cref="CertificateRefusal"/>, is the one given.
    /// Wildcards in principals are not patterns.
    /// </summary>
    public static CertificateDecision Decide(Certificate certificate, CertificateUse use)
    {
        if (!use.TrustedAuthorities.Contains(certificate.SignatureKey))
        {
            return new(CertificateRefusal.Untrusted, "the certificate is not signed by a trusted authority");
        }

        if (certificate.CertificateType != use.Type)
        {
            return new(CertificateRefusal.WrongType, $"a {certificate.CertificateType} certificate is used as a {use.Type} certificate");
        }

        var now = (ulong)Math.Max(0, use.Now.ToUnixTimeSeconds());
        if (now < certificate.ValidAfter)
        {
            return new(CertificateRefusal.NotYetValid, $"the certificate holds from {certificate.ValidAfter} and it is {now}");
        }

        if (now >= certificate.ValidBefore)
        {
            return new(CertificateRefusal.Expired, $"the certificate held until {certificate.ValidBefore} and it is {now}");
        }

        if (certificate.Principals.Count == 0)
        {
            return new(CertificateRefusal.NoPrincipals, "the certificate has no principals");
        }

        if (use.Principal is not null && !certificate.Principals.Contains(use.Principal, StringComparer.Ordinal))
        {
            return new(CertificateRefusal.PrincipalMismatch, "the certificate does not name the principal");
        }

        foreach (var option in certificate.CriticalOptions)
        {
            if (option.Name == SourceAddressOption)
            {
                if (use.SourceAddress is null || !SourceAddressList.Matches(option.Value, use.SourceAddress))
                {
                    return new(CertificateRefusal.SourceAddressMismatch, "the certificate is pinned to other addresses");
                }
            }
            else if (!use.EnforcedCriticalOptions.Contains(option.Name, StringComparer.Ordinal))
            {
                return new(CertificateRefusal.UnknownCriticalOption, "the certificate has a critical option that is not enforced here");
            }
        }

        return new(CertificateRefusal.None, "accepted");
    }
}
