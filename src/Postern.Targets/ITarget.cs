using Postern.Directory.Deployments;

namespace Postern.Targets;

/// <summary>A place where deployed environments run. Safe to call from any thread.</summary>
public interface ITarget : IAsyncDisposable
{
    /// <summary>
    /// Brings up the environment's services and the app instance when they are not up; calls at the same time share
    /// one start. Cancelling gives up the wait, not the start that others may wait for.
    /// </summary>
    /// <param name="environment">The environment as it is deployed now.</param>
    /// <param name="app">One of the apps of <paramref name="environment"/>.</param>
    /// <param name="instance">Number of the instance, from 0.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="TargetException">The app cannot be reached; the exception says why, for a person.</exception>
    ValueTask<ITargetApp> PrepareAsync(
        DeployedEnvironment environment, DeployedApp app, int instance, CancellationToken cancellationToken);

    /// <summary>
    /// Tells that a deployment changed. What no longer is as deployed stops, and starts anew when it is next used;
    /// does nothing for an environment that is not running.
    /// </summary>
    Task UpdateAsync(DeployedEnvironment environment, CancellationToken cancellationToken);

    /// <summary>Stops the apps and services of an environment cleanly; its data stays.</summary>
    Task StopAsync(string projectId, string machineName, CancellationToken cancellationToken);
}
