namespace Postern.Ssh.Server;

/// <summary>A keyboard-interactive authentication request of somebody who has proved nothing yet (RFC 4256 section 3.1).</summary>
/// <param name="Connection">The connection that it came over.</param>
/// <param name="UserName">The user name, as sent; attacker-controlled text of at most 1024 bytes.</param>
public sealed record InteractiveAttempt(ConnectionInfo Connection, string UserName);
