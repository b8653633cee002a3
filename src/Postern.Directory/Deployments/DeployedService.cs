namespace Postern.Directory.Deployments;

/// <summary>A service of a deployed environment.</summary>
/// <param name="Name">Name within the environment.</param>
/// <param name="Type">Type and version, such as <c>postgresql:15</c>.</param>
public sealed record DeployedService(string Name, string Type);
