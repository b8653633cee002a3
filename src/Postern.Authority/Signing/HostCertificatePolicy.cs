using Postern.Ssh.Keys;

namespace Postern.Authority;

/// <summary>Decides what a host certificate says, or why there is none. Knows nothing but its arguments.</summary>
internal static class HostCertificatePolicy
{
    /// <summary>Returns the statement to sign, without its serial, or the refusal.</summary>
    public static (CertificateStatement? Statement, SigningOutcome.Refused? Refused) Decide(
        PublicKey hostKey, IReadOnlyList<string> principals, TimeSpan lifetime, DateTimeOffset now)
    {
        if (principals.Count is 0 or > CertificateLimits.Principals || !principals.All(IsHostPattern))
        {
            return (null, new(
                SigningRefusal.UnacceptablePrincipal,
                $"A host certificate names 1 to {CertificateLimits.Principals} hosts, each of letters, digits and the characters . - _ : * ?"));
        }

        if (lifetime < AuthorityLimits.MinimumLifetime || lifetime > AuthorityLimits.MaximumHostLifetime)
        {
            return (null, new(
                SigningRefusal.UnacceptableLifetime,
                $"A host certificate lasts from {AuthorityLimits.MinimumLifetime} to {AuthorityLimits.MaximumHostLifetime}."));
        }

        return (new CertificateStatement
        {
            Key = hostKey,
            Type = CertificateType.Host,
            Serial = 0,
            KeyId = principals[0],
            Principals = principals,
            ValidAfter = (ulong)(now - AuthorityLimits.ClockSkew).ToUnixTimeSeconds(),
            ValidBefore = (ulong)(now + lifetime).ToUnixTimeSeconds(),
        }, null);
    }

    /// <summary>Host names, addresses and OpenSSH's patterns for them; nothing that would split or end a line.</summary>
    public static bool IsHostPattern(string text) =>
        text.Length is > 0 and <= AuthorityLimits.HostPrincipal
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or ':' or '*' or '?');
}
