using Postern.Ssh.Keys;

namespace Postern.Ssh.Server;

/// <summary>A key that the server proves itself with (RFC 4253 section 8).</summary>
/// <param name="Signer">The private half.</param>
/// <param name="Certificate">A host certificate for the key, offered before the plain key; null for none.</param>
public sealed record HostKey(ISigner Signer, Certificate? Certificate = null);
