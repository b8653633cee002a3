namespace Postern.Login.SingleSignOn;

/// <summary>A sign-in at a provider that has begun in this browser.</summary>
/// <param name="Provider">The provider's name: an answer that comes to another one's address is refused.</param>
/// <param name="State">Ties the answer to this browser (RFC 6749 section 10.12).</param>
/// <param name="Nonce">Ties the ID token to it.</param>
/// <param name="Verifier">Ties the code to it (RFC 7636).</param>
/// <param name="ReturnUrl">Where to go afterwards, an address of ours.</param>
/// <param name="IsAgain">Whether the provider was to ask the person anew.</param>
/// <param name="BeganAt">When it began.</param>
internal sealed record SsoAttempt(
    string Provider, string State, string Nonce, string Verifier, string ReturnUrl, bool IsAgain, DateTimeOffset BeganAt);
