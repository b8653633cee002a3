using System.Collections.Concurrent;
using System.Net;
using Postern.Directory.Deployments;
using Postern.Ssh.Connection;
using Postern.Targets;

namespace Postern.Gateway.Tests.Testing;

/// <summary>A target whose apps run nothing: every command of a session ends at once with status 0.</summary>
internal sealed class SmallTarget : ITarget
{
    public const string Relationship = "database.internal";

    /// <summary>What its one destination answers to a tunnel; null accepts it.</summary>
    public TargetException? TunnelFailure { get; set; }

    /// <summary>What preparing an app waits for.</summary>
    public Func<CancellationToken, Task> Preparing { get; set; } = _ => Task.CompletedTask;

    /// <summary>What opening a tunnel waits for.</summary>
    public Func<Task> OpeningTunnel { get; set; } = () => Task.CompletedTask;

    public ConcurrentQueue<DeployedEnvironment> Updated { get; } = new();

    public ConcurrentQueue<DeployedEnvironment> Prepared { get; } = new();

    public ConcurrentQueue<SmallSession> Opened { get; } = new();

    public ConcurrentQueue<SessionContext> Sessions { get; } = new();

    public TargetException? UpdateFailure { get; set; }

    public async ValueTask<ITargetApp> PrepareAsync(
        DeployedEnvironment environment, DeployedApp app, int instance, CancellationToken cancellationToken)
    {
        Prepared.Enqueue(environment);
        await Preparing(cancellationToken);
        return new App(this);
    }

    public Task UpdateAsync(DeployedEnvironment environment, CancellationToken cancellationToken)
    {
        Updated.Enqueue(environment);
        return UpdateFailure is { } failure ? Task.FromException(failure) : Task.CompletedTask;
    }

    public Task StopAsync(string projectId, string machineName, CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>What is listened on now.</summary>
    public ConcurrentDictionary<SmallListener, ForwardedChannelOpener> Listening { get; } = new();

    private SmallListener Listen(int port, ForwardedChannelOpener open)
    {
        var listener = new SmallListener(port, ended => Listening.TryRemove(ended, out _));
        Listening[listener] = open;
        return listener;
    }

    private SmallSession Open()
    {
        var session = new SmallSession();
        Opened.Enqueue(session);
        return session;
    }

    private sealed class App(SmallTarget target) : ITargetApp
    {
        public IChannelHandler OpenSession(SessionContext context)
        {
            target.Sessions.Enqueue(context);
            return target.Open();
        }

        public TunnelDestination? ResolveDestination(string host, int port) =>
            host == Relationship && port == 5432 ? new TunnelDestination("database", new IPEndPoint(IPAddress.Loopback, 1)) : null;

        public async ValueTask<IChannelHandler> OpenTunnelAsync(TunnelDestination destination, CancellationToken cancellationToken)
        {
            await target.OpeningTunnel();
            return target.TunnelFailure is { } failure ? throw failure : target.Open();
        }

        public async ValueTask<IChannelHandler> OpenSocketAsync(string path, CancellationToken cancellationToken)
        {
            await target.OpeningTunnel();
            return target.TunnelFailure is { } failure ? throw failure : target.Open();
        }

        public ValueTask<ITargetListener> ListenAsync(int port, ForwardedChannelOpener open, CancellationToken cancellationToken) =>
            ValueTask.FromResult<ITargetListener>(target.Listen(port == 0 ? 40_000 : port, open));

        public ValueTask<ITargetListener> ListenAsync(string path, ForwardedChannelOpener open, CancellationToken cancellationToken) =>
            ValueTask.FromResult<ITargetListener>(target.Listen(0, open));
    }
}
