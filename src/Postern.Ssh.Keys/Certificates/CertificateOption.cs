namespace Postern.Ssh.Keys;

/// <summary>A critical option or an extension of a certificate.</summary>
/// <param name="Name">Its name, such as <c>permit-pty</c> or <c>token-id@example.com</c>.</param>
/// <param name="Value">Its value without the string that wraps it on the wire; empty for a flag.</param>
public sealed record CertificateOption(string Name, string Value);
