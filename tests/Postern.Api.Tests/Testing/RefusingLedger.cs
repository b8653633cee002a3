using Postern.Authority;

namespace Postern.Api.Tests.Testing;

/// <summary>The API never signs; a certificate asked for here is a fault of the test.</summary>
internal sealed class RefusingLedger : ICertificateLedger
{
    public Task RecordAsync(CertificateRecord certificate, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("the API asked for a certificate");
}
