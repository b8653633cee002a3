namespace Postern.Ssh.Client;

/// <summary>Says whether a server is the right one by the key that it proved (RFC 4251 section 4.1).</summary>
public interface IHostKeyVerifier
{
    /// <summary>
    /// Decides, for which it may ask a person: nothing is sent meanwhile, and the connect timeout runs. An exception
    /// counts as a refusal.
    /// </summary>
    ValueTask<HostKeyDecision> VerifyAsync(HostKeyProof proof, CancellationToken cancellationToken);
}
