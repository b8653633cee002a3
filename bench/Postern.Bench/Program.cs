// Measures Postern beside a real sshd on the same machine in the same run: the rounds of both alternate, the medians are
// shown with their ratio. It never judges.
//
//   postern-bench PROGRAMS-FOLDER RESULT-FILE [tunnel|connections|latency|rates|idle|startup]
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Postern.Bench;
using Postern.Bench.Clients;

if (args.Length < 2)
{
    await Console.Error.WriteLineAsync("Usage: postern-bench PROGRAMS-FOLDER RESULT-FILE [tunnel|connections|latency|rates|idle|startup]");
    return 2;
}

var (programs, resultFile, only) = (args[0], args[1], args.Length > 2 ? args[2] : null);
const int Rounds = 5;
const long BulkBytes = 500_000_000;
var report = new StringBuilder();
var folder = Directory.CreateTempSubdirectory("postern-bench-").FullName;
var servers = new List<ServerUnderTest>();
try
{
    var postern = await PosternServer.StartAsync(Path.Combine(folder, "postern"), programs);
    servers.Add(postern);
    var sshd = await OpenSshServer.StartAsync(Path.Combine(folder, "sshd"), postern.TunnelPort);
    servers.Add(sshd);
    using var farEnd = new SourceSink(postern.TunnelPort);

    var client = (await Shell.RunAsync("sh", ["-c", "ssh -V 2>&1"])).Trim();
    Say($"# Postern beside OpenSSH sshd\n");
    Say($"{DateTime.UtcNow:yyyy-MM-dd HH:mm} UTC, {Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}, .NET {Environment.Version}, client and sshd {client}; medians of {Rounds} alternating rounds.\n");
    Say("| Measure | sshd | Postern | Postern / sshd |\n|---|---:|---:|---:|");

    if (Wants("tunnel"))
    {
        foreach (var cipher in new[] { "aes128-gcm@openssh.com", "chacha20-poly1305@openssh.com" })
        {
            foreach (var isDownload in new[] { true, false })
            {
                var (theirs, ours) = await AlternateAsync(s => Measurements.BulkAsync(s, cipher, isDownload, BulkBytes));
                var what = $"tunnel {cipher.Split('@')[0]} {(isDownload ? "down" : "up")}";
                Row($"{what}, MB/s", theirs.Select(f => f.MegabytesPerSecond), ours.Select(f => f.MegabytesPerSecond));
                Row($"{what}, server CPU s/GB", theirs.Select(f => f.CpuPerGigabyte), ours.Select(f => f.CpuPerGigabyte));
            }
        }
    }

    if (Wants("latency"))
    {
        var (theirs, ours) = await AlternateAsync(s => Measurements.RoundTripAsync(s, 5_000));
        Row("1-byte round trip through a tunnel, p50 µs", theirs, ours);
    }

    if (Wants("connections"))
    {
        foreach (var (concurrency, command) in new[] { (1, (string?)null), (8, null), (1, "true") })
        {
            var (theirs, ours) = await AlternateAsync(s => Measurements.ConnectionsAsync(s, 40, concurrency, command));
            var what = command is null ? "connections, no channel" : $"connections with exec {command}";
            Row($"{what}, {concurrency} at once, per second (whole client included)", theirs.Select(f => f.PerSecond), ours.Select(f => f.PerSecond));
            var counted = command is null ? "" : " (sshd: with the login shell, ours: without the sandbox)";
            Row($"{what}, {concurrency} at once, server CPU ms each{counted}", theirs.Select(f => f.CpuMilliseconds), ours.Select(f => f.CpuMilliseconds));
        }

        var kib = await Measurements.IdleMemoryAsync(postern, 200);
        Say($"| growth of resident memory for each of 200 idle connections, KiB (memory freed before is used again, so this is a lower bound) | | {kib:0.0} | |");
    }

    if (Wants("rates"))
    {
        foreach (var concurrency in new[] { 1, 8 })
        {
            var (theirs, ours) = await AlternateAsync(s => Measurements.ServerCostAsync(
                s, 200, () => ConnectionRate.MeasureAsync(s.Engine, 200, concurrency)));
            var what = $"connections by the engine's client, no channel, {concurrency} at once";
            Row($"{what}, per second", theirs.Select(f => f.PerSecond), ours.Select(f => f.PerSecond));
            Row($"{what}, server CPU ms each", theirs.Select(f => f.CpuMilliseconds), ours.Select(f => f.CpuMilliseconds));
        }

        var (theirChannels, ourChannels) = await AlternateAsync(s => Measurements.ServerCostAsync(
            s, 1000, () => ChannelRate.MeasureAsync(s.Engine, "localhost", s.TunnelPort, 1000)));
        Row("tunnels opened and closed on one connection, per second", theirChannels.Select(f => f.PerSecond), ourChannels.Select(f => f.PerSecond));
        Row("tunnels opened and closed, server CPU ms each", theirChannels.Select(f => f.CpuMilliseconds), ourChannels.Select(f => f.CpuMilliseconds));
        var (theirEcho, ourEcho) = await AlternateAsync(s => KeystrokeEcho.MeasureAsync(s.Engine, 1000, TimeSpan.Zero));
        Row("keystroke echo, p50 µs", theirEcho.Select(f => f.Median), ourEcho.Select(f => f.Median));
        Row("keystroke echo, p99 µs", theirEcho.Select(f => f.Percentile99), ourEcho.Select(f => f.Percentile99));
    }

    if (Wants("idle"))
    {
        const int Idle = 15_000;
        var before = CpuMeter.ResidentKib(postern.Process.Id);
        await using var idle = await IdleConnections.OpenAsync(postern.Engine, Idle, 16);
        var answers = await idle.CountAnswersAsync(TimeSpan.FromSeconds(60), 64);
        var after = CpuMeter.ResidentKib(postern.Process.Id);
        Say($"| {Idle} idle connections: alive and answering | | {Math.Min(idle.Alive, answers)} | |");
        Say($"| growth of the server's resident memory for each, KiB (whole server {after / 1024} MiB) | | {(after - before) / (double)Idle:0.0} | |");
    }

    if (Wants("startup"))
    {
        var (theirs, ours) = (new List<double>(), new List<double>());
        for (var round = 0; round < 20; round++)
        {
            theirs.Add(await Measurements.StartUpAsync("ssh", "-V"));
            ours.Add(await Measurements.StartUpAsync(Path.Combine(programs, "postern"), "--version"));
        }

        Row("start-up: `ssh -V` and `postern --version`, ms", theirs, ours);
    }

    Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(resultFile))!);
    await File.WriteAllTextAsync(resultFile, report.ToString());
    return 0;

    async Task<(List<T> Theirs, List<T> Ours)> AlternateAsync<T>(Func<ServerUnderTest, Task<T>> measure)
    {
        await measure(sshd);
        await measure(postern);
        var (theirs, ours) = (new List<T>(), new List<T>());
        for (var round = 0; round < Rounds; round++)
        {
            theirs.Add(await measure(sshd));
            ours.Add(await measure(postern));
        }

        return (theirs, ours);
    }
}
finally
{
    foreach (var server in servers)
    {
        server.Process.Kill(entireProcessTree: server.CountsDescendants);
        await server.Process.WaitForExitAsync();
    }

    Directory.Delete(folder, recursive: true);
}

bool Wants(string name) => only is null || only == name;

void Row(string name, IEnumerable<double> theirs, IEnumerable<double> ours)
{
    var (a, b) = (Median(theirs), Median(ours));
    Say($"| {name} | {Show(a)} | {Show(b)} | {(a > 0 ? (b / a).ToString("0.00", CultureInfo.InvariantCulture) : "")} |");
}

static double Median(IEnumerable<double> figures)
{
    var sorted = figures.Order().ToArray();
    return sorted[sorted.Length / 2];
}

static string Show(double figure) => figure.ToString(figure >= 100 ? "0" : figure >= 10 ? "0.0" : "0.00", CultureInfo.InvariantCulture);

void Say(string line)
{
    Console.WriteLine(line);
    report.AppendLine(line);
}
