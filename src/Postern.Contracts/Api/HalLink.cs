namespace Postern.Contracts.Api;

/// <summary>One link of a HAL resource.</summary>
/// <param name="Href">The address: absolute, or relative to the API.</param>
public sealed record HalLink(string Href);
