using Postern.Ssh.Keys;

namespace Postern.Ssh.Client;

/// <summary>
/// What is known of one server: its keys, and the authorities that may certify it. A plain key must be known; a
/// certificate must be one for a server that holds now, names the host and is signed by an authority. Host names are
/// compared without regard to case, and a principal is never a pattern.
/// </summary>
/// <param name="Name">The name that certificates must hold.</param>
/// <param name="Keys">The server's own keys.</param>
/// <param name="Authorities">Keys that sign host certificates.</param>
/// <param name="Time">The clock of validity.</param>
public sealed record KnownHost(
    string Name,
    IReadOnlyCollection<PublicKey> Keys,
    IReadOnlyCollection<PublicKey> Authorities,
    TimeProvider Time) : IHostKeyVerifier
{
    /// <inheritdoc/>
    public ValueTask<HostKeyDecision> VerifyAsync(HostKeyProof proof, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Decide(proof));

    private HostKeyDecision Decide(HostKeyProof proof)
    {
        // A certified key may also be known by itself; that it came with a certificate takes nothing from that.
        if (Keys.Contains(proof.Key))
        {
            return HostKeyDecision.Accepted;
        }

        if (proof.Certificate is not { } certificate)
        {
            return HostKeyDecision.Refused($"the host key {proof.Key.Sha256Fingerprint} is not one of the known keys of {Name}");
        }

        var decision = CertificatePolicy.Decide(certificate, new CertificateUse
        {
            TrustedAuthorities = Authorities,
            Type = CertificateType.Host,
            Now = Time.GetUtcNow(),
            Principal = null,
            SourceAddress = null,
        });
        if (!decision.IsAccepted)
        {
            return HostKeyDecision.Refused($"the host certificate is refused: {decision.Reason}");
        }

        return certificate.Principals.Contains(Name, StringComparer.OrdinalIgnoreCase)
            ? HostKeyDecision.Accepted
            : HostKeyDecision.Refused($"the host certificate does not name {Name}");
    }
}
