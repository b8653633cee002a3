using Postern.Ssh.Keys;

namespace Postern.Ssh.Client;

/// <summary>A key that a server has proved to hold: its signature on the exchange hash is verified.</summary>
/// <param name="Key">The key; for a certificate the certified key.</param>
/// <param name="Certificate">The certificate, when the key came in one; well-formed but not yet trusted.</param>
public sealed record HostKeyProof(PublicKey Key, Certificate? Certificate);
