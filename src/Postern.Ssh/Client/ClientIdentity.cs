using Postern.Ssh.Keys;

namespace Postern.Ssh.Client;

/// <summary>A key that a client proves itself with (RFC 4252 section 7).</summary>
/// <param name="Signer">The private half.</param>
/// <param name="Certificate">A certificate for the key, shown instead of the plain key; null for none.</param>
public sealed record ClientIdentity(ISigner Signer, Certificate? Certificate = null);
