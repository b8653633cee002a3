using Postern.Directory.Deployments;
using Postern.Gateway.Authentication;

namespace Postern.Gateway.Routing;

/// <summary>A permission that held when it was decided: this person may enter this app instance.</summary>
/// <param name="Proof">Who, and how that was proved.</param>
/// <param name="Service">The user name of the connection.</param>
/// <param name="Environment">The environment as deployed at that moment.</param>
/// <param name="App">The app or worker.</param>
/// <param name="Instance">The number of the instance.</param>
public sealed record Grant(Proof Proof, string Service, DeployedEnvironment Environment, DeployedApp App, int Instance);
