using Microsoft.Extensions.Logging;
using Postern.Directory.Deployments;
using Postern.Targets.Environments;
using Postern.Targets.Interop;

namespace Postern.Targets.Sandboxes;

/// <summary>One instance of an app: its files and the one sandbox that all its sessions enter.</summary>
internal sealed class AppInstance : IAsyncDisposable
{
    private readonly ProcessTargetConfig _config;
    private readonly DescriptorPoller _poller;
    private readonly ILogger _logger;
    private readonly string _folder;
    private readonly uint? _realUserId;
    private readonly StartGate _gate = new();
    private readonly DeployedEnvironment _environment;
    private readonly int _number;
    private readonly IReadOnlyDictionary<string, ServiceEndpoint> _services;
    private volatile Sandbox? _sandbox;
    private bool _isStopped;

    /// <param name="config">The target's settings.</param>
    /// <param name="poller">Watches processes.</param>
    /// <param name="folder">The folder of the app, in which the instance has its own.</param>
    /// <param name="realUserId">The real user of the app, or null for ourselves.</param>
    /// <param name="environment">The environment.</param>
    /// <param name="app">The app.</param>
    /// <param name="number">Number of the instance.</param>
    /// <param name="port">Where the app listens.</param>
    /// <param name="services">The environment's services by name.</param>
    /// <param name="logger">For starts and ends.</param>
    internal AppInstance(
        ProcessTargetConfig config,
        DescriptorPoller poller,
        string folder,
        uint? realUserId,
        DeployedEnvironment environment,
        DeployedApp app,
        int number,
        int port,
        IReadOnlyDictionary<string, ServiceEndpoint> services,
        ILogger logger)
    {
        _config = config;
        _poller = poller;
        _folder = folder;
        _realUserId = realUserId;
        _environment = environment;
        App = app;
        _number = number;
        Port = port;
        _services = services;
        _logger = logger;
    }

    /// <summary>The app as it is deployed.</summary>
    internal DeployedApp App { get; }

    /// <summary>Where the app listens on 127.0.0.1.</summary>
    internal int Port { get; }

    /// <summary>The real user of the app, which nothing else runs as, or null for ourselves.</summary>
    internal uint? RealUserId => _realUserId;

    /// <summary>The services of the environment by name.</summary>
    internal IReadOnlyDictionary<string, ServiceEndpoint> Services => _services;

    /// <summary>The running sandbox; starts one when there is none, once for all who ask.</summary>
    /// <exception cref="TargetException">It did not start.</exception>
    internal async ValueTask<Sandbox> GetSandboxAsync(CancellationToken cancellationToken)
    {
        if (_sandbox is { IsAlive: true } running)
        {
            return running;
        }

        using (await _gate.EnterAsync(cancellationToken))
        {
            if (_isStopped)
            {
                throw new TargetException(
                    TargetFailure.Stopping, "The app was stopped or deployed anew; connect again.",
                    $"App {App.QualifiedName} of {_environment.ProjectId} is stopped.");
            }

            return _sandbox is { IsAlive: true } started ? started : await StartAsync();
        }
    }

    /// <summary>Kills the sandbox and everything in it.</summary>
    public async ValueTask DisposeAsync()
    {
        using (await _gate.EnterAsync(CancellationToken.None))
        {
            _isStopped = true;
            if (_sandbox is { } sandbox)
            {
                _sandbox = null;
                await sandbox.DisposeAsync();
            }
        }
    }

    private async Task<Sandbox> StartAsync()
    {
        try
        {
            if (_sandbox is { } ended)
            {
                _logger.SandboxEnded(ended.Name);
                await ended.DisposeAsync();
            }

            SandboxSpecification specification = await Task.Run(PrepareFiles);
            _sandbox = await Sandbox.StartAsync(specification, _config.BubblewrapPath, _poller);
            _logger.SandboxStarted(_sandbox.Name, _sandbox.FirstProcessId);
            return _sandbox;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new TargetException(
                TargetFailure.AppNotStarted,
                "The app could not be started; ask the operator to look at the server's log.",
                exception.Message,
                exception);
        }
    }

    private SandboxSpecification PrepareFiles()
    {
        string instance = $"instances/{_number}";
        AppTree.MakeFolder(_folder, owner: null);
        AppTree.MakeFolder(Path.Combine(_folder, "trees"), owner: null);
        AppTree.MakeFolder(Path.Combine(_folder, "mounts"), owner: null);
        AppTree.MakeFolder(Path.Combine(_folder, "instances"), owner: null);
        AppTree.MakeFolder(Path.Combine(_folder, instance), owner: null);
        AppTree.MakeFolder(Path.Combine(_folder, instance, "etc"), owner: null);
        AppTree.MakeFolder(Path.Combine(_folder, instance, "log"), _realUserId);
        string tree = AppTree.Prepare(
            Path.Combine(_folder, "trees"), App.Source, _environment.TreeId, App.Mounts, _realUserId);
        RemoveOldTrees(tree);
        string[] mounts = [.. App.Mounts.Select(mount => string.Join('/', AppTree.SplitMount(mount))).Order(StringComparer.Ordinal)];
        foreach (string mount in mounts)
        {
            AppTree.MakeFolder(Path.Combine(_folder, "mounts", Uri.EscapeDataString(mount)), _realUserId);
        }

        string hostName = $"{App.QualifiedName}.{_number}";
        string shell = File.Exists("/usr/bin/bash") || File.Exists("/bin/bash") ? "/bin/bash" : "/bin/sh";
        var variables = new PlatformVariables(_environment, App, _services, Port, _config.ServiceDomain);
        AppFiles.Write(
            Path.Combine(_folder, instance, "etc"),
            hostName,
            _config.WebUserId,
            shell,
            App.Relationships.Select(pair => (
                _services[pair.Value.Service].Address.Address.ToString(),
                PlatformVariables.GetRelationshipHost(pair.Key))),
            variables.MakeVariables(shell),
            variables.MakeConfiguration(),
            App.StartCommand);
        return new SandboxSpecification
        {
            Name = $"{_environment.ProjectId}-{_environment.MachineName}/{hostName}",
            Directory = _folder,
            LogName = $"{instance}/sandbox.log",
            HostName = hostName,
            RealUserId = _realUserId,
            InnerUserId = _config.WebUserId,
            Command = ["/bin/sh", AppFiles.InitPath],
            Mounts = stage => MakeMounts(stage, tree, instance, mounts),
        };
    }

    // All instances that live run the same tree: those of an earlier one are stopped before another is prepared.
    private void RemoveOldTrees(string current)
    {
        try
        {
            AppTree.RemoveOthers(Path.Combine(_folder, "trees"), new HashSet<string>(StringComparer.Ordinal) { current });
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It costs room on the disk, but is no reason not to start the app; the next start tries again.
            _logger.OldTreesNotRemoved(exception, App.QualifiedName, _folder);
        }
    }

    private static IEnumerable<string> MakeMounts(string stage, string tree, string instance, string[] mounts)
        => [
            .. SystemMounts.MakeArguments(),
            .. AppFiles.MakeMountArguments($"{stage}/{instance}/etc"),
            "--bind", $"{stage}/{instance}/log", "/var/log",
            "--ro-bind", $"{stage}/trees/{tree}", "/app",
            .. mounts.SelectMany(mount =>
                (string[])["--bind", $"{stage}/mounts/{Uri.EscapeDataString(mount)}", $"/app/{mount}"]),
            "--remount-ro", "/",
            "--chdir", "/app",
        ];
}
