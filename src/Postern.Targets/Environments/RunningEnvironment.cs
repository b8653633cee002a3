using System.Text.Json;
using Postern.Directory.Deployments;
using Postern.Targets.Sandboxes;
using Postern.Targets.Services;

namespace Postern.Targets.Environments;

/// <summary>One environment as it runs here: its services and the app instances that have been used.</summary>
internal sealed class RunningEnvironment : IAsyncDisposable
{
    private readonly ProcessTargetParts _parts;
    private readonly string _key;
    private readonly string _folder;
    private readonly StartGate _gate = new();
    private readonly Dictionary<string, RunningService> _services = new(StringComparer.Ordinal);
    private readonly Dictionary<(string App, int Instance), AppInstance> _instances = [];
    private DeployedEnvironment _environment;
    private bool _isStopped;

    /// <param name="parts">What the target's environments share.</param>
    /// <param name="environment">The environment.</param>
    internal RunningEnvironment(ProcessTargetParts parts, DeployedEnvironment environment)
    {
        _parts = parts;
        _environment = environment;
        _key = GetKey(environment.ProjectId, environment.MachineName);
        _folder = Path.Combine(parts.Config.DataDirectory, "environments", _key);
    }

    /// <summary>The name of an environment among all.</summary>
    internal static string GetKey(string projectId, string machineName) => $"{projectId}-{machineName}";

    /// <summary>Brings up services and an app instance; null when the environment was stopped meanwhile.</summary>
    /// <exception cref="TargetException">Something did not start.</exception>
    internal async Task<AppInstance?> PrepareAsync(DeployedEnvironment environment, DeployedApp app, int instance)
    {
        using (await _gate.EnterAsync(CancellationToken.None))
        {
            if (_isStopped)
            {
                return null;
            }

            try
            {
                await ApplyHeldAsync(environment);
                await DropLostServicesAsync();
                await Task.WhenAll(environment.Services.Select(service => GetService(service).EnsureStartedAsync()));
                AppInstance running = GetInstance(environment, app, instance);
                await running.GetSandboxAsync(CancellationToken.None);
                return running;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new TargetException(
                    TargetFailure.AppNotStarted,
                    "The environment could not be started; ask the operator to look at the server's log.",
                    exception.Message,
                    exception);
            }
        }
    }

    /// <summary>Stops what is no longer as it is deployed.</summary>
    internal async Task ApplyAsync(DeployedEnvironment environment)
    {
        using (await _gate.EnterAsync(CancellationToken.None))
        {
            if (!_isStopped)
            {
                await ApplyHeldAsync(environment);
            }
        }
    }

    /// <summary>Stops everything: apps first, since they use the services.</summary>
    public async ValueTask DisposeAsync()
    {
        using (await _gate.EnterAsync(CancellationToken.None))
        {
            _isStopped = true;
            await Task.WhenAll(_instances.Values.Select(instance => instance.DisposeAsync().AsTask()));
            _instances.Clear();
            await Task.WhenAll(_services.Values.Select(service => service.DisposeAsync().AsTask()));
            _services.Clear();
        }
    }

    private static string Describe(DeployedEnvironment environment, DeployedApp? app)
        => app is null
            ? ""
            : JsonSerializer.Serialize(environment with { Apps = [app] });

    private async Task ApplyHeldAsync(DeployedEnvironment environment)
    {
        if (ReferenceEquals(environment, _environment))
        {
            return;
        }

        DeployedEnvironment before = _environment;
        foreach ((var key, AppInstance instance) in _instances.ToArray())
        {
            DeployedApp? now = environment.Apps.FirstOrDefault(
                app => string.Equals(app.QualifiedName, key.App, StringComparison.Ordinal));
            bool isSame = now is not null
                && key.Instance < now.InstanceCount
                && string.Equals(Describe(before, instance.App), Describe(environment, now), StringComparison.Ordinal);
            if (!isSame)
            {
                _instances.Remove(key);
                await instance.DisposeAsync();
            }
        }

        foreach ((string name, RunningService service) in _services.ToArray())
        {
            if (!environment.Services.Contains(service.Endpoint.Service))
            {
                _services.Remove(name);
                await service.DisposeAsync();
            }
        }

        _environment = environment;
    }

    // A service whose address was taken gets another, which the apps have to learn.
    private async Task DropLostServicesAsync()
    {
        foreach ((string name, RunningService service) in _services.Where(pair => pair.Value.HasLostAddress).ToArray())
        {
            _services.Remove(name);
            await service.DisposeAsync();
            await Task.WhenAll(_instances.Values.Select(instance => instance.DisposeAsync().AsTask()));
            _instances.Clear();
        }
    }

    private RunningService GetService(DeployedService service)
    {
        if (_services.TryGetValue(service.Name, out RunningService? known))
        {
            return known;
        }

        IServiceKind kind = ServiceKinds.Find(service.Type)
            ?? throw new TargetException(
                TargetFailure.ServiceNotStarted,
                $"The service '{service.Name}' has a type that this server does not run.",
                $"Service {_key}/{service.Name} has type {service.Type}; the process target runs postgresql and redis.");
        string key = $"{_key}/services/{service.Name}";
        string folder = Path.Combine(_folder, "services", service.Name);
        ProcessTargetParts.MakePrivateFolder(Path.Combine(_folder, "services"));
        ProcessTargetParts.MakePrivateFolder(Path.Combine(_folder, "credentials"));
        var endpoint = new ServiceEndpoint
        {
            Service = service,
            Address = new(_parts.Allocations.GetServiceAddress(key, kind.Port), kind.Port),
            Scheme = kind.Scheme,
            UserName = kind.UserName,
            Password = ServiceCredentials.ReadOrCreate(Path.Combine(_folder, "credentials", service.Name)),
            Path = kind.Path,
        };
        var running = new RunningService(
            kind, endpoint, key, folder, _parts.GetRealUserId(key), () => _parts.Allocations.ForgetServiceAddress(key),
            _parts.Config, _parts.Poller, _parts.Time, _parts.Logger);
        _services[service.Name] = running;
        return running;
    }

    private AppInstance GetInstance(DeployedEnvironment environment, DeployedApp app, int number)
    {
        if (_instances.TryGetValue((app.QualifiedName, number), out AppInstance? known))
        {
            return known;
        }

        string key = $"{_key}/apps/{app.QualifiedName}";
        ProcessTargetParts.MakePrivateFolder(Path.Combine(_folder, "apps"));
        var instance = new AppInstance(
            _parts.Config,
            _parts.Poller,
            Path.Combine(_folder, "apps", app.QualifiedName),
            _parts.GetRealUserId(key),
            environment,
            app,
            number,
            _parts.Allocations.GetAppPort($"{key}/{number}"),
            _services.ToDictionary(pair => pair.Key, pair => pair.Value.Endpoint, StringComparer.Ordinal),
            _parts.Logger);
        _instances[(app.QualifiedName, number)] = instance;
        return instance;
    }
}
