using System.Diagnostics;

namespace Postern.Bench;

/// <summary>What was used when a bulk transfer began.</summary>
internal sealed class BulkClock
{
    private readonly Func<double> _serverSeconds;
    private readonly Process _client;
    private readonly double _serverBegan;
    private readonly double _clientBegan;
    private readonly double _machineBegan;
    private readonly long _began;

    private BulkClock(Func<double> serverSeconds, Process client)
    {
        (_serverSeconds, _client) = (serverSeconds, client);
        _machineBegan = CpuMeter.MachineSeconds();
        _clientBegan = CpuMeter.Seconds(client.Id, withDescendants: false);
        _serverBegan = serverSeconds();
        _began = Stopwatch.GetTimestamp();
    }

    /// <summary>The transfer begins.</summary>
    public static BulkClock Start(Func<double> serverSeconds, Process client) => new(serverSeconds, client);

    /// <summary>So many bytes have arrived.</summary>
    public BulkFigures Stop(long bytes)
    {
        var seconds = Stopwatch.GetElapsedTime(_began).TotalSeconds;
        return new BulkFigures(
            bytes / 1e6 / seconds,
            (_serverSeconds() - _serverBegan) / (bytes / 1e9),
            (CpuMeter.Seconds(_client.Id, withDescendants: false) - _clientBegan) / seconds,
            (CpuMeter.MachineSeconds() - _machineBegan) / seconds / Environment.ProcessorCount);
    }
}
