using Microsoft.Extensions.Logging;
using Postern.Targets.Environments;
using Postern.Targets.Interop;
using Postern.Targets.Sandboxes;

namespace Postern.Targets.Services;

/// <summary>
/// A service of an environment: started when it is first needed, watched, started again when it ends by itself, and
/// stopped cleanly. It runs in a sandbox of its own, as a user of its own.
/// </summary>
internal sealed class RunningService : IAsyncDisposable
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan FirstRestartDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestRestartDelay = TimeSpan.FromSeconds(30);

    /// <summary>How long a killed server's service may hold the address until somebody else is held to own it.</summary>
    private static readonly TimeSpan AddressWait = TimeSpan.FromSeconds(10);

    private const string LogName = "service.log";

    private readonly IServiceKind _kind;
    private readonly ProcessTargetConfig _config;
    private readonly DescriptorPoller _poller;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly string _name;
    private readonly string _folder;
    private readonly uint? _realUserId;
    private readonly Action _addressIsTaken;
    private readonly StartGate _gate = new();
    private readonly CancellationTokenSource _stopping = new();
    private Sandbox? _sandbox;
    private Task _watch = Task.CompletedTask;
    private bool _isStopped;

    /// <param name="kind">What is particular to it.</param>
    /// <param name="endpoint">Where it listens.</param>
    /// <param name="name">For logs and errors.</param>
    /// <param name="folder">Its folder on this machine.</param>
    /// <param name="realUserId">The real user it runs as, or null for ourselves.</param>
    /// <param name="addressIsTaken">Called when a foreign program listens on its address.</param>
    /// <param name="config">The target's settings.</param>
    /// <param name="poller">Watches processes.</param>
    /// <param name="time">For waits.</param>
    /// <param name="logger">For starts and ends.</param>
    internal RunningService(
        IServiceKind kind,
        ServiceEndpoint endpoint,
        string name,
        string folder,
        uint? realUserId,
        Action addressIsTaken,
        ProcessTargetConfig config,
        DescriptorPoller poller,
        TimeProvider time,
        ILogger logger)
    {
        _kind = kind;
        Endpoint = endpoint;
        _name = name;
        _folder = folder;
        _realUserId = realUserId;
        _addressIsTaken = addressIsTaken;
        _config = config;
        _poller = poller;
        _time = time;
        _logger = logger;
    }

    /// <summary>Where it listens and how to sign in.</summary>
    internal ServiceEndpoint Endpoint { get; }

    /// <summary>Whether a foreign program listens on its address, so that it has to be made anew.</summary>
    internal bool HasLostAddress { get; private set; }

    /// <summary>Makes sure that the service runs and answers.</summary>
    /// <exception cref="TargetException">It does not.</exception>
    internal async Task EnsureStartedAsync()
    {
        using (await _gate.EnterAsync(CancellationToken.None))
        {
            if (_sandbox is { IsAlive: true })
            {
                return;
            }

            try
            {
                await StartAsync();
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new TargetException(
                    TargetFailure.ServiceNotStarted,
                    $"The service '{Endpoint.Service.Name}' of this environment could not be started; "
                    + "ask the operator to look at the server's log.",
                    exception.Message,
                    exception);
            }
        }
    }

    /// <summary>Stops the service cleanly.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        using (await _gate.EnterAsync(CancellationToken.None))
        {
            if (_isStopped)
            {
                return;
            }

            _isStopped = true;
            if (_sandbox is { } sandbox)
            {
                await StopAsync(sandbox);
                _sandbox = null;
            }
        }

        await _watch;
        _stopping.Dispose();
    }

    private async Task StartAsync()
    {
        if (_isStopped)
        {
            throw new IOException($"Service {_name} is stopped.");
        }

        if (_sandbox is { } ended)
        {
            await ended.DisposeAsync();
            _sandbox = null;
        }

        await WaitForAddressAsync();
        SandboxSpecification specification = await Task.Run(PrepareFiles);
        Sandbox sandbox = await Sandbox.StartAsync(specification, _config.BubblewrapPath, _poller);
        try
        {
            await WaitUntilHealthyAsync(sandbox);
        }
        catch
        {
            await sandbox.DisposeAsync();
            throw;
        }

        _sandbox = sandbox;
        _logger.ServiceStarted(_name, Endpoint.Address.ToString());
        if (_watch.IsCompleted)
        {
            _watch = WatchAsync();
        }
    }

    private async Task WaitForAddressAsync()
    {
        long start = _time.GetTimestamp();
        while (!Allocations.IsFree(Endpoint.Address))
        {
            if (_time.GetElapsedTime(start) > AddressWait)
            {
                HasLostAddress = true;
                _addressIsTaken();
                throw new IOException(
                    $"Service {_name} cannot listen on {Endpoint.Address}, where another program does; "
                    + "it gets another address at the next try.");
            }

            await Task.Delay(PollInterval, _time, _stopping.Token);
        }
    }

    private async Task WaitUntilHealthyAsync(Sandbox sandbox)
    {
        long start = _time.GetTimestamp();
        while (!await IsHealthyAsync())
        {
            if (!sandbox.IsAlive)
            {
                throw new IOException($"Service {_name} ended while it started. Its log ends with: {ReadLogEnd()}");
            }

            if (_time.GetElapsedTime(start) > _config.ServiceStartTimeout)
            {
                throw new IOException(
                    $"Service {_name} did not answer on {Endpoint.Address} within {_config.ServiceStartTimeout}. "
                    + $"Its log ends with: {ReadLogEnd()}");
            }

            await Task.Delay(PollInterval, _time, _stopping.Token);
        }
    }

    private async Task<bool> IsHealthyAsync()
    {
        using var timeout = new CancellationTokenSource(_config.ConnectTimeout, _time);
        try
        {
            return await _kind.IsHealthyAsync(Endpoint, timeout.Token);
        }
        catch (Exception exception) when (exception is System.Net.Sockets.SocketException or OperationCanceledException)
        {
            return false;
        }
    }

    private async Task WatchAsync()
    {
        TimeSpan delay = FirstRestartDelay;
        try
        {
            while (!_stopping.IsCancellationRequested)
            {
                if (_sandbox is { } sandbox)
                {
                    ProcessEnd end = await sandbox.Ended.WaitAsync(_stopping.Token);
                    _logger.ServiceCrashed(_name, end.Status, end.Signal, delay);
                }

                await Task.Delay(delay, _time, _stopping.Token);
                try
                {
                    await EnsureStartedAsync();
                    delay = FirstRestartDelay;
                }
                catch (TargetException exception)
                {
                    delay = delay * 2 < LongestRestartDelay ? delay * 2 : LongestRestartDelay;
                    _logger.ServiceRestartFailed(exception, _name, delay);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // It is being stopped.
        }
    }

    private async Task StopAsync(Sandbox sandbox)
    {
        sandbox.SignalFirstProcess(_kind.StopSignal);
        try
        {
            await sandbox.Ended.WaitAsync(_config.ServiceStopTimeout, _time);
            _logger.ServiceStopped(_name);
        }
        catch (TimeoutException)
        {
            _logger.ServiceKilled(_name, _config.ServiceStopTimeout);
        }

        await sandbox.DisposeAsync();
    }

    private SandboxSpecification PrepareFiles()
    {
        AppTree.MakeFolder(_folder, owner: null);
        AppTree.MakeFolder(Path.Combine(_folder, "data"), _realUserId);
        string settings = Path.Combine(_folder, "etc");
        AppTree.MakeFolder(settings, owner: null);
        int userId = _config.WebUserId;
        var files = new Dictionary<string, string>(_kind.MakeFiles(Endpoint, _config), StringComparer.Ordinal)
        {
            ["passwd"] = $"service:x:{userId}:{userId}:service:/data:/usr/sbin/nologin\n",
            ["init"] = "echo ready\nexec </dev/null >&2\nexec /bin/sh /etc/postern/run\n",
        };
        foreach ((string name, string text) in files)
        {
            WritePrivate(Path.Combine(settings, name), text);
        }

        return new SandboxSpecification
        {
            Name = _name,
            Directory = _folder,
            LogName = LogName,
            HostName = Endpoint.Service.Name,
            RealUserId = _realUserId,
            InnerUserId = userId,
            IsCommandFirstProcess = true,
            Command = ["/bin/sh", "/etc/postern/init"],
            Mounts = stage => [
                .. SystemMounts.MakeArguments(),
                .. files.Keys.SelectMany(name => (string[])["--ro-bind", $"{stage}/etc/{name}", $"/etc/postern/{name}"]),
                "--ro-bind", $"{stage}/etc/passwd", "/etc/passwd",
                "--bind", $"{stage}/data", "/data",
                "--setenv", "PATH", "/usr/sbin:/usr/bin:/sbin:/bin",
                "--setenv", "HOME", "/data",
                "--setenv", "LANG", "C.UTF-8",
                "--remount-ro", "/",
                "--chdir", "/data",
            ],
        };
    }

    private void WritePrivate(string path, string text)
    {
        const UnixFileMode ReadableByOwner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        File.Delete(path);
        using (var stream = new FileStream(
            path,
            new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = ReadableByOwner }))
        using (var writer = new StreamWriter(stream))
        {
            writer.Write(text);
        }

        AppTree.SetOwner(path, _realUserId);
    }

    private string ReadLogEnd() => Sandbox.ReadLogEnd(Path.Combine(_folder, LogName));
}
