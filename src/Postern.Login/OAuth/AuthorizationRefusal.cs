namespace Postern.Login.OAuth;

/// <summary>Why an authorization request is not granted, and where the answer may go.</summary>
/// <param name="Error">The error.</param>
/// <param name="RedirectUri">
/// The registered URI that hears of it; null when client or URI are not to be trusted, and then only the person sees it
/// (RFC 6749 section 4.1.2.1).
/// </param>
/// <param name="State">The client's state, when there is exactly one.</param>
internal sealed record AuthorizationRefusal(OAuthError Error, string? RedirectUri = null, string? State = null);
