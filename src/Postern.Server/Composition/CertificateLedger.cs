using Microsoft.EntityFrameworkCore;
using Postern.Authority;
using Postern.Directory.Certificates;
using Postern.Directory.Storage;

namespace Postern.Server.Composition;

/// <summary>Records certificates in the Directory; a commit there is durable before it returns.</summary>
internal sealed class CertificateLedger(IDbContextFactory<DirectoryContext> contexts) : ICertificateLedger
{
    public async Task RecordAsync(CertificateRecord certificate, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        context.IssuedCertificates.Add(new IssuedCertificate
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
        });
        await context.SaveChangesAsync(cancellationToken);
    }
}
