namespace Postern.Ssh.Keys;

/// <summary>One line of an <c>authorized_keys</c> or <c>.pub</c> file.</summary>
/// <param name="Key">The key.</param>
/// <param name="Comment">What follows it, often the name of a person and machine; empty when nothing does.</param>
public sealed record AuthorizedKey(PublicKey Key, string Comment);
