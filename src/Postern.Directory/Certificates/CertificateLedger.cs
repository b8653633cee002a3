using Microsoft.EntityFrameworkCore;
using Postern.Directory.Storage;

namespace Postern.Directory.Certificates;

/// <summary>The record of user certificates.</summary>
public sealed class CertificateLedger(IDbContextFactory<DirectoryContext> contexts)
{
    /// <summary>Writes a certificate down; when this returns, the row survives a crash of the machine.</summary>
    /// <exception cref="DbUpdateException">The serial number was used before, or the database is not writable.</exception>
    public async Task RecordAsync(IssuedCertificate certificate, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        context.Add(certificate);
        await context.SaveChangesAsync(cancellationToken);
    }

    /// <summary>Finds a certificate by its serial number, or null when it was never issued here.</summary>
    public async Task<IssuedCertificate?> FindAsync(long serial, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.IssuedCertificates.AsNoTracking().SingleOrDefaultAsync(c => c.Serial == serial, cancellationToken);
    }
}
