namespace Postern.Authority;

/// <summary>The record of every user certificate that was ever handed out.</summary>
public interface ICertificateLedger
{
    /// <summary>
    /// Writes the record so that it outlives a crash, and only then returns. Throws when it cannot, and when there is
    /// a record with that serial already; the certificate is then not handed out.
    /// </summary>
    Task RecordAsync(CertificateRecord certificate, CancellationToken cancellationToken);
}
