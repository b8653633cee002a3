namespace Postern.Directory.Deployments;

/// <summary>What a relationship of an app points at.</summary>
/// <param name="Service">Name of a service of the same environment.</param>
/// <param name="Endpoint">Endpoint of the service, by default the type's own (<c>postgresql</c>, <c>redis</c>).</param>
public sealed record DeployedRelationship(string Service, string Endpoint);
