using System.Net;

namespace Postern.Targets;

/// <summary>Settings of the process target, already validated; the defaults suit one machine.</summary>
public sealed record ProcessTargetConfig
{
    /// <summary>
    /// Absolute path of the folder for app copies, mounts, service data and credentials. One server at a time uses
    /// it; it is created with mode 0700 when missing.
    /// </summary>
    public required string DataDirectory { get; init; }

    /// <summary>The user and group id of <c>web</c> as apps see it, 1 to 65533.</summary>
    public int WebUserId { get; init; } = 10000;

    /// <summary>
    /// First of the real user ids that apps and services get on this machine, one each, when the server runs as root.
    /// The default is below the range that systemd gives to containers, and above people and packages.
    /// </summary>
    public int FirstRealUserId { get; init; } = 400_000;

    /// <summary>How many real user ids may be given out.</summary>
    public int RealUserIdCount { get; init; } = 60_000;

    /// <summary>
    /// The /16 of loopback addresses from which each service gets one of its own; inside 127.0.0.0/8, and not
    /// 127.0.0.0/16, where other programs listen.
    /// </summary>
    public IPAddress ServiceNetwork { get; init; } = new([127, 99, 0, 0]);

    /// <summary>First of the TCP ports that app instances get as PORT.</summary>
    public int FirstAppPort { get; init; } = 20_000;

    /// <summary>How many ports may be given out.</summary>
    public int AppPortCount { get; init; } = 10_000;

    /// <summary>Domain in the long host names of services; nothing resolves it outside the sandboxes.</summary>
    public string ServiceDomain { get; init; } = "service._.local.postern.test";

    /// <summary>The bubblewrap program.</summary>
    public string BubblewrapPath { get; init; } = "/usr/bin/bwrap";

    /// <summary>Folder that holds one folder for each major version of PostgreSQL, each with bin inside.</summary>
    public string PostgreSqlRoot { get; init; } = "/usr/lib/postgresql";

    /// <summary>The Redis server program.</summary>
    public string RedisServerPath { get; init; } = "/usr/bin/redis-server";

    /// <summary>How long a service may take from its start until it answers, recovery after a crash included.</summary>
    public TimeSpan ServiceStartTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a service may take to stop before it is killed.</summary>
    public TimeSpan ServiceStopTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a tunnel's connection may take; the destinations are on this machine.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a session without a terminal stays open after its command ended while a background process holds its
    /// output and is silent. OpenSSH waits for ever there, which reads as a hang.
    /// </summary>
    public TimeSpan BackgroundOutputGrace { get; init; } = TimeSpan.FromSeconds(5);
}
