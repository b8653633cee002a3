namespace Postern.Ssh.Keys;

/// <summary>Decides whether a certificate may be used. Knows nothing but its arguments.</summary>
public static class CertificatePolicy
{
    /// <summary>The critical option that pins a certificate to address ranges.</summary>
    public const string SourceAddressOption = "source-address";

    /// <summary>The critical option that holds the only command the certificate may run.</summary>
    public const string ForceCommandOption = "force-command";

    /// <summary>The critical option, a flag, that asks the authenticator to recognise its owner (<see cref="Certificate.VerifyHolder"/>).</summary>
    public const string VerifyRequiredOption = "verify-required";

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
            else if (!IsUnderstood(option))
            {
                return new(CertificateRefusal.UnknownCriticalOption, "the certificate has a critical option whose value means nothing");
            }
        }

        return new(CertificateRefusal.None, "accepted");
    }

    // A command with a NUL would end there for the shell, and mean something else than it says.
    private static bool IsUnderstood(CertificateOption option) => option.Name switch
    {
        ForceCommandOption => option.Value.Length > 0 && !option.Value.Contains('\0', StringComparison.Ordinal),
        VerifyRequiredOption => option.Value.Length == 0,
        _ => true,
    };
}
