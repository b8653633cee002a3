namespace Postern.Login.Factors;

/// <summary>A question to the browser's authenticator, and the sealed memory of it that comes back with the answer.</summary>
/// <param name="Options">WebAuthn's options as JSON, for the page's script.</param>
/// <param name="State">What we need to check the answer; sealed, so that the page can carry it.</param>
public sealed record PasskeyCeremony(string Options, string State);
