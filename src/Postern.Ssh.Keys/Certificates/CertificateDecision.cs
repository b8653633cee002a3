namespace Postern.Ssh.Keys;

/// <summary>What <see cref="CertificatePolicy"/> says of a certificate.</summary>
/// <param name="Refusal">Why not, or <see cref="CertificateRefusal.None"/>.</param>
/// <param name="Reason">One sentence for the log, without text from the certificate.</param>
public sealed record CertificateDecision(CertificateRefusal Refusal, string Reason)
{
    /// <summary>Whether the certificate may be used.</summary>
    public bool IsAccepted => Refusal == CertificateRefusal.None;
}
