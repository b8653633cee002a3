using System.Net;
using Microsoft.Extensions.Logging;
using Postern.Ssh.Server;
using Postern.Ssh.Transport;

namespace Postern.Gateway.Listening;

/// <summary>
/// Decides by the limits which connections are let in before they say a word, keeps the counts, and remembers which sources
/// failed. Safe to use from any thread.
/// </summary>
public sealed class Admission
{
    private readonly GatewayConfig _config;
    private readonly GatewayMetrics _metrics;
    private readonly ILogger<Admission> _logger;
    private readonly RefusalThrottle _throttle;
    private readonly SourcePenalties _penalties;
    private readonly StartupLimiter _startups;
    private readonly KeyedCounts<ClientSource> _bySource;
    private int _open;

    /// <summary>Makes one for all listening addresses of a process.</summary>
    public Admission(
        GatewayConfig config, TimeProvider time, IRandomSource randomness, GatewayMetrics metrics, ILogger<Admission> logger)
    {
        _config = config;
        _metrics = metrics;
        _logger = logger;
        _throttle = new RefusalThrottle(time);
        _penalties = new SourcePenalties(config.Penalties, time);
        _startups = new StartupLimiter(config.Startups, config.MaximumStartupsPerAddress, randomness);
        _bySource = new KeyedCounts<ClientSource>(config.MaximumConnectionsPerAddress);
        metrics.ObservePenalties(() => _penalties.Active);
    }

    /// <summary>How many connections are open.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>How many of them have not authenticated yet.</summary>
    public int Startups => _startups.Count;

    /// <summary>Takes one of the places for connections, before anything is known but the peer; false when there is none.</summary>
    internal bool TryOpen(IPAddress peer)
    {
        var open = Interlocked.Increment(ref _open);
        if (open > _config.MaximumConnections)
        {
            Interlocked.Decrement(ref _open);
            if (IsWorthALine(AdmissionLimit.Connections, ClientSource.Of(peer)))
            {
                _logger.TooManyConnections(peer, open - 1, _config.MaximumConnections);
            }

            return false;
        }

        _metrics.Connection(+1);
        return true;
    }

    /// <summary>Gives the place back, after the socket is closed.</summary>
    internal void Close()
    {
        Interlocked.Decrement(ref _open);
        _metrics.Connection(-1);
    }

    /// <summary>Counts a client in that has a place, or returns null when a limit keeps it out.</summary>
    internal AdmittedClient? TryAdmit(IPAddress address)
    {
        var source = ClientSource.Of(address);
        if (_penalties.IsKeptOut(source, out var remaining))
        {
            if (IsWorthALine(AdmissionLimit.Penalty, source))
            {
                _logger.SourceKeptOut(address, (int)Math.Ceiling(remaining.TotalSeconds));
            }

            return null;
        }

        if (!_bySource.TryAdd(source))
        {
            if (IsWorthALine(AdmissionLimit.ConnectionsPerAddress, source))
            {
                _logger.TooManyConnectionsFromAddress(address, _config.MaximumConnectionsPerAddress);
            }

            return null;
        }

        if (_startups.TryBegin(source) is { } limit)
        {
            _bySource.Remove(source);
            if (!IsWorthALine(limit, source))
            {
                return null;
            }

            if (limit == AdmissionLimit.Startups)
            {
                _logger.TooManyStartups(address, _startups.Count, _config.Startups);
            }
            else
            {
                _logger.TooManyStartupsFromAddress(address, _config.MaximumStartupsPerAddress);
            }

            return null;
        }

        _metrics.Startup(+1);
        return new AdmittedClient(this, address, source);
    }

    /// <summary>Counts and logs a proxy's header that was no good.</summary>
    internal void RefuseProxy(IPAddress proxy, string reason)
    {
        if (IsWorthALine(AdmissionLimit.ProxyHeader, ClientSource.Of(proxy)))
        {
            _logger.ProxyHeaderRefused(proxy, reason);
        }
    }

    internal void EndStartup(AdmittedClient client)
    {
        _startups.End(client.Source);
        _metrics.Startup(-1);
    }

    internal void Leave(AdmittedClient client, ConnectionSummary? summary)
    {
        _bySource.Remove(client.Source);
        if (summary is null || PenaltyLimits.Judge(summary) is not { } penalty || _config.Penalties.IsExempt(client.Address))
        {
            return;
        }

        _metrics.Penalised(penalty);
        if (_penalties.Add(client.Source, penalty, out var remaining))
        {
            _logger.SourcePenalised(client.Source, penalty, (int)Math.Ceiling(remaining.TotalSeconds));
        }
    }

    private bool IsWorthALine(AdmissionLimit limit, ClientSource source)
    {
        _metrics.Refused(limit);
        if (!_throttle.IsWorthALine(limit, source, out var silent))
        {
            return false;
        }

        if (silent > 0)
        {
            _logger.RefusalsNotLogged(silent, limit);
        }

        return true;
    }
}
