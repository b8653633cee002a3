using Fuzz.Connections;
using Fuzz.Inputs;
using Fuzz.Targets;

namespace Fuzz;

/// <summary>One run over all targets, or one of them, in turns until the time is over.</summary>
internal sealed class FuzzRun(int seed, string? only, string output, TextWriter log) : IDisposable
{
    private const int InputsATurn = 200;
    private const int ConnectionsATurn = 20;

    private readonly List<Fault> _faults = [];
    private readonly Watchdog _watchdog = new(fault =>
    {
        // Nothing can stop a thread that loops; the input is kept, and the program ends.
        log.WriteLine($"HANG {fault.Save(output)}");
        Environment.Exit(3);
    });

    public void Dispose() => _watchdog.Dispose();

    /// <summary>Fuzzes, and returns how many targets held and how many did not.</summary>
    public async Task<(int Passed, int Failed)> RunAsync(TimeSpan duration)
    {
        var decoders = AllTargets.Decoders.Where(t => only is null || t.Name == only)
            .Select(t => (t.Name, Fuzzer: new DecoderFuzzer(t, seed, _watchdog))).ToList();
        var connections = only is null or ConnectionFuzzer.Name ? new ConnectionFuzzer(seed, _watchdog) : null;
        var started = TimeProvider.System.GetTimestamp();
        var told = TimeSpan.Zero;
        do
        {
            foreach (var (_, fuzzer) in decoders)
            {
                for (var i = 0; i < InputsATurn; i++)
                {
                    Keep(fuzzer.Step());
                }
            }

            for (var i = 0; i < ConnectionsATurn && connections is not null; i++)
            {
                Keep(await connections.StepAsync());
            }

            var elapsed = TimeProvider.System.GetElapsedTime(started);
            if (elapsed - told > TimeSpan.FromMinutes(1))
            {
                told = elapsed;
                log.WriteLine($"{elapsed:hh\\:mm\\:ss} {decoders.Sum(d => d.Fuzzer.Rounds)} inputs, {connections?.Rounds ?? 0} connections, {_faults.Count} faults");
            }
        }
        while (TimeProvider.System.GetElapsedTime(started) < duration);

        foreach (var (name, fuzzer) in decoders)
        {
            log.WriteLine($"{(_faults.Exists(f => f.Target == name) ? "FAILED" : "ok")} {name}: {fuzzer.Rounds} inputs, {fuzzer.Outcomes} kinds of outcome");
        }

        if (connections is not null)
        {
            log.WriteLine($"{(_faults.Exists(f => f.Target == ConnectionFuzzer.Name) ? "FAILED" : "ok")} {ConnectionFuzzer.Name}: {connections.Rounds} connections, {connections.Authenticated} got in, {connections.Channels} channels");
        }

        var failed = _faults.Select(f => f.Target).Distinct().Count();
        return (decoders.Count + (connections is null ? 0 : 1) - failed, failed);
    }

    private void Keep(Fault? fault)
    {
        if (fault is null)
        {
            return;
        }

        // One fault is enough to know; a hundred of the same kind help nobody.
        if (_faults.Count(f => f.Target == fault.Target) < 3)
        {
            log.WriteLine($"FAULT in {fault.Target}, seed {fault.Seed}, round {fault.Round}, kept as {fault.Save(output)}\n{fault.Reason}");
        }

        _faults.Add(fault);
    }
}
