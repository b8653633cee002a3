using Postern.Ssh.Keys;

namespace Postern.Ssh.Server;

/// <summary>One public-key authentication request (RFC 4252 section 7).</summary>
/// <param name="Connection">The connection that it came over.</param>
/// <param name="UserName">The user name, as sent; attacker-controlled text of at most 1024 bytes.</param>
/// <param name="Key">The key whose possession is claimed; for a certificate the certified key.</param>
/// <param name="Certificate">The certificate, when the key came in one; well-formed but not yet trusted.</param>
public sealed record PublicKeyAttempt(
    ConnectionInfo Connection,
    string UserName,
    PublicKey Key,
    Certificate? Certificate);
