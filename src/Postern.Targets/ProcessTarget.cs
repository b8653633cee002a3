using Microsoft.Extensions.Logging;
using Postern.Directory.Deployments;
using Postern.Targets.Environments;
using Postern.Targets.Interop;

namespace Postern.Targets;

/// <summary>
/// Runs apps and services as sandboxed processes on this machine, with bubblewrap. What it isolates and what not is
/// told in docs/process-target.md.
/// </summary>
public sealed class ProcessTarget : ITarget
{
    private readonly ProcessTargetParts _parts;
    private readonly FileStream _lock;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, RunningEnvironment> _environments = new(StringComparer.Ordinal);
    private bool _isStopping;

    private ProcessTarget(ProcessTargetParts parts, FileStream dataLock)
    {
        _parts = parts;
        _lock = dataLock;
    }

    /// <summary>Opens the data folder and makes ready; nothing is started yet.</summary>
    /// <param name="config">The settings.</param>
    /// <param name="time">For all waits.</param>
    /// <param name="logger">For starts, ends and failures.</param>
    /// <exception cref="IOException">A program is missing, or the folder is damaged or another server's.</exception>
    public static ProcessTarget Open(ProcessTargetConfig config, TimeProvider time, ILogger<ProcessTarget> logger)
    {
        const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        string[] programs = [
            config.BubblewrapPath, "/usr/bin/nsenter", "/usr/bin/setpriv", "/usr/bin/setsid", "/usr/bin/unshare",
        ];
        string[] missing = [.. programs.Where(program => !File.Exists(program))];
        if (missing.Length > 0)
        {
            throw new IOException(
                $"The process target needs {string.Join(", ", missing)}; install the packages bubblewrap and util-linux.");
        }

        System.IO.Directory.CreateDirectory(config.DataDirectory, Private);
        string lockPath = Path.Combine(config.DataDirectory, "lock");
        FileStream dataLock = TakeLock(lockPath);
        try
        {
            var allocations = new Allocations(config, Path.Combine(config.DataDirectory, "allocations.json"));
            var poller = new DescriptorPoller(logger);
            return new ProcessTarget(new ProcessTargetParts(config, allocations, poller, time, logger), dataLock);
        }
        catch
        {
            dataLock.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<ITargetApp> PrepareAsync(
        DeployedEnvironment environment, DeployedApp app, int instance, CancellationToken cancellationToken)
    {
        if (instance < 0 || instance >= app.InstanceCount)
        {
            throw new TargetException(
                TargetFailure.NoSuchInstance,
                $"The app '{app.QualifiedName}' has no instance {instance}; it has {app.InstanceCount}, counted from 0.",
                $"Instance {instance} of {app.QualifiedName} was asked for; it has {app.InstanceCount}.");
        }

        while (true)
        {
            RunningEnvironment running = GetOrAdd(environment);
            if (await running.PrepareAsync(environment, app, instance).WaitAsync(cancellationToken) is { } prepared)
            {
                return new ProcessTargetApp(prepared, _parts.Config, _parts.Poller, _parts.Time, _parts.Logger);
            }

            Remove(environment.ProjectId, environment.MachineName, running);
        }
    }

    /// <inheritdoc/>
    public async Task UpdateAsync(DeployedEnvironment environment, CancellationToken cancellationToken)
    {
        RunningEnvironment? running;
        lock (_gate)
        {
            _environments.TryGetValue(
                RunningEnvironment.GetKey(environment.ProjectId, environment.MachineName), out running);
        }

        if (running is not null)
        {
            await running.ApplyAsync(environment).WaitAsync(cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async Task StopAsync(string projectId, string machineName, CancellationToken cancellationToken)
    {
        RunningEnvironment? running;
        lock (_gate)
        {
            _environments.TryGetValue(RunningEnvironment.GetKey(projectId, machineName), out running);
        }

        // It stays in its place until it has stopped: who prepares it meanwhile waits and then makes a new one.
        if (running is not null)
        {
            await running.DisposeAsync().AsTask().WaitAsync(cancellationToken);
            Remove(projectId, machineName, running);
        }
    }

    /// <summary>Stops all apps and services cleanly.</summary>
    public async ValueTask DisposeAsync()
    {
        RunningEnvironment[] running;
        lock (_gate)
        {
            if (_isStopping)
            {
                return;
            }

            _isStopping = true;
            running = [.. _environments.Values];
            _environments.Clear();
        }

        await Task.WhenAll(running.Select(environment => environment.DisposeAsync().AsTask()));
        _parts.Poller.Dispose();
        await _lock.DisposeAsync();
    }

    private static FileStream TakeLock(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception)
        {
            throw new IOException(
                $"{path} cannot be locked ({exception.Message}): another server uses this data folder; stop it first.",
                exception);
        }
    }

    private void Remove(string projectId, string machineName, RunningEnvironment stopped)
    {
        string key = RunningEnvironment.GetKey(projectId, machineName);
        lock (_gate)
        {
            if (_environments.TryGetValue(key, out RunningEnvironment? current) && current == stopped)
            {
                _environments.Remove(key);
            }
        }
    }

    private RunningEnvironment GetOrAdd(DeployedEnvironment environment)
    {
        lock (_gate)
        {
            if (_isStopping)
            {
                throw new TargetException(
                    TargetFailure.Stopping, "The server is stopping; connect again in a moment.", "The target is stopping.");
            }

            string key = RunningEnvironment.GetKey(environment.ProjectId, environment.MachineName);
            if (!_environments.TryGetValue(key, out RunningEnvironment? running))
            {
                running = new RunningEnvironment(_parts, environment);
                _environments[key] = running;
            }

            return running;
        }
    }
}
