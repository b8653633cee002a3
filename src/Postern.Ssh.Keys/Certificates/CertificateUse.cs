using System.Net;

namespace Postern.Ssh.Keys;

/// <summary>Who shows a certificate, when, where and to whom: all that <see cref="CertificatePolicy"/> asks about.</summary>
public sealed record CertificateUse
{
    /// <summary>The authorities whose signatures count; with none, nothing is accepted.</summary>
    public required IReadOnlyCollection<PublicKey> TrustedAuthorities { get; init; }

    /// <summary>What the certificate must vouch for.</summary>
    public required CertificateType Type { get; init; }

    /// <summary>The time of use.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>The name that the certificate must hold, compared exactly; null when the caller looks at the principals itself.</summary>
    public required string? Principal { get; init; }

    /// <summary>Where the holder comes from, or null when that is no IP address, which no <c>source-address</c> matches.</summary>
    public required IPAddress? SourceAddress { get; init; }

    /// <summary>
    /// The critical options that the caller enforces itself, such as <c>force-command</c>. <c>source-address</c> is
    /// enforced by the policy and need not be listed.
    /// </summary>
    public IReadOnlyCollection<string> EnforcedCriticalOptions { get; init; } = [];
}
