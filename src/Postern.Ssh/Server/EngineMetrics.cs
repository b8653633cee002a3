using System.Diagnostics.Metrics;
using Postern.Ssh.Transport;

namespace Postern.Ssh.Server;

/// <summary>
/// What the engine counts; <c>docs/metrics.md</c> lists the names. Nothing is counted while packets are handled: what each
/// connection knows of itself is added up when somebody asks. Shared by all connections of a server.
/// </summary>
public sealed class EngineMetrics : IDisposable
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "Postern.Ssh";

    private readonly Lock _gate = new();

    // Under _gate.
    private readonly HashSet<ConnectionLoop> _live = [];
    private ConnectionCounts _past;

    private readonly Counter<long> _ended;

    /// <summary>Makes the instruments.</summary>
    /// <param name="memory">The budget whose state is shown.</param>
    public EngineMetrics(MemoryBudget memory)
    {
        Meter = new Meter(MeterName);
        _ended = Meter.CreateCounter<long>("postern_ssh_connections_ended", null, "Connections that ended, by reason");
        LimitsReached = Meter.CreateCounter<long>("postern_ssh_limits_reached", null, "Times that a connection reached a limit of its own, by limit");
        Meter.CreateObservableUpDownCounter("postern_ssh_connections", () => (long)Live, null, "Connections open");
        Meter.CreateObservableUpDownCounter("postern_ssh_channels", () => Sum().Channels, null, "Channels open");
        Meter.CreateObservableCounter("postern_ssh_received_bytes", () => Sum().BytesReceived, null, "Bytes of packets received");
        Meter.CreateObservableCounter("postern_ssh_sent_bytes", () => Sum().BytesSent, null, "Bytes of packets sent");
        Meter.CreateObservableCounter("postern_ssh_rekeys", () => Sum().Rekeys, null, "Key exchanges after the first of a connection");
        Meter.CreateObservableCounter("postern_ssh_refused_channels", () => Sum().RefusedChannels, null, "Channels refused by a limit");
        Meter.CreateObservableGauge("postern_ssh_buffered_bytes", () => memory.Used, null, "Bytes of the memory budget in use");
        Meter.CreateObservableCounter("postern_ssh_memory_ended", () => memory.Ended, null, "Connections ended because the memory budget was spent");
    }

    /// <summary>The meter of this instance.</summary>
    public Meter Meter { get; }

    /// <summary>Counts what <see cref="ReachedLimits"/> hears of.</summary>
    internal Counter<long> LimitsReached { get; }

    private int Live
    {
        get
        {
            lock (_gate)
            {
                return _live.Count;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Meter.Dispose();

    internal void Begin(ConnectionLoop connection)
    {
        lock (_gate)
        {
            _live.Add(connection);
        }
    }

    internal void End(ConnectionLoop connection, ConnectionEnd end)
    {
        lock (_gate)
        {
            _live.Remove(connection);
            _past += connection.Counts with { Channels = 0 };
        }

        _ended.Add(1, new KeyValuePair<string, object?>("end", System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(end.ToString())));
    }

    private ConnectionCounts Sum()
    {
        lock (_gate)
        {
            var sum = _past;
            foreach (var connection in _live)
            {
                sum += connection.Counts;
            }

            return sum;
        }
    }
}
