namespace Postern.Directory.SingleSignOn;

/// <summary>A provider as it is shown to who looks after the organization.</summary>
/// <param name="Provider">The provider.</param>
/// <param name="Domains">The domains whose people sign in there.</param>
/// <param name="People">How many people have come from there, by its present issuer.</param>
public sealed record ListedProvider(IdentityProvider Provider, IReadOnlyList<string> Domains, int People);
