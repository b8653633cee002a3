namespace Postern.Directory.Routing;

/// <summary>Whose a registered key is.</summary>
/// <param name="KeyId">The key, for <see cref="GatewayDirectory.RecordKeyUseAsync"/>.</param>
/// <param name="Fingerprint">SHA-256 fingerprint, for the audit trail.</param>
/// <param name="Person">Its owner.</param>
public sealed record SshKeyOwner(int KeyId, string Fingerprint, Person Person);
