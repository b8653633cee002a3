using Postern.Authority;
using Postern.Directory.Certificates;

namespace Postern.Server.Composition;

/// <summary>Records the Authority's certificates in the Directory; a commit there is durable before it returns.</summary>
internal sealed class AuthorityLedger(CertificateLedger ledger) : ICertificateLedger
{
    public Task RecordAsync(CertificateRecord certificate, CancellationToken cancellationToken) => ledger.RecordAsync(
        new IssuedCertificate
        {
            Serial = certificate.Serial,
            KeyId = certificate.KeyId,
            UserId = certificate.UserId,
            SessionId = certificate.SessionId,
            TokenId = certificate.TokenId,
            KeyFingerprint = certificate.KeyFingerprint,
            Principals = string.Join(',', certificate.Principals),
            ValidAfter = certificate.ValidAfter,
            ValidBefore = certificate.ValidBefore,
            SourceAddress = certificate.SourceAddress?.ToString(),
            IssuedAt = certificate.IssuedAt,
        },
        cancellationToken);
}
