namespace Postern.Login.SingleSignOn;

/// <summary>What a session owes to a sign-in at a provider.</summary>
/// <param name="LoginId">The sign-in.</param>
/// <param name="AuthTime">When the person proved who they are; null as long as nothing says so.</param>
/// <param name="NotAfter">When it ends whatever happens, or null.</param>
internal sealed record SsoSession(Guid LoginId, DateTimeOffset? AuthTime, DateTimeOffset? NotAfter);
