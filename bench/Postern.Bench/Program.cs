// Measures Postern beside a real sshd on the same machine in the same run: the rounds of both alternate, the medians are
// shown with their ratio. It never judges.
//
//   postern-bench PROGRAMS-FOLDER RESULT-FILE [SUITE [SECONDS]]         (how long idle connections stay; 10 by default)
//   postern-bench relay LISTEN-PORT CONNECT-PORT sealed|plain CIPHER      (the limit; started by the run itself)
//   postern-bench terminal LISTEN-PORT                                    (the limit of key presses; started by the run itself)
//   postern-bench line LISTEN-PORT CONNECT-PORT MILLISECONDS              (a long line; started by the run itself)
//   postern-bench engine LISTEN-PORT TUNNEL-PORT                          (for allocations; started by the run itself)
using System.Globalization;
using System.Runtime.InteropServices;
using Postern.Bench;
using Postern.Bench.Limit;
using Postern.Bench.Line;
using Postern.Bench.Login;
using Postern.Bench.Suites;

if (args is ["relay", var listenPort, var connectPort, var side, var cipher])
{
    new BareRelay(
        int.Parse(listenPort, CultureInfo.InvariantCulture),
        int.Parse(connectPort, CultureInfo.InvariantCulture),
        side is "sealed",
        cipher).Run();
    return 0;
}

if (args is ["terminal", var terminalPort])
{
    new BareTerminal(int.Parse(terminalPort, CultureInfo.InvariantCulture)).Run();
    return 0;
}

if (args is ["line", var nearPort, var farPort, var delay])
{
    new LongLine(
        int.Parse(nearPort, CultureInfo.InvariantCulture),
        int.Parse(farPort, CultureInfo.InvariantCulture),
        TimeSpan.FromMilliseconds(double.Parse(delay, CultureInfo.InvariantCulture))).Run();
    return 0;
}

if (args is ["engine", var enginePort, var tunnelPort])
{
    await new EngineHost(int.Parse(enginePort, CultureInfo.InvariantCulture), int.Parse(tunnelPort, CultureInfo.InvariantCulture)).RunAsync();
    return 0;
}

string[] suites = ["tunnel", "exec", "latency", "connections", "rates", "keystrokes", "idle", "longline", "startup", "allocations", "login"];
var seconds = 10;
if (args.Length is < 2 or > 4
    || (args.Length > 2 && !suites.Contains(args[2]))
    || (args.Length > 3 && !int.TryParse(args[3], CultureInfo.InvariantCulture, out seconds)))
{
    await Console.Error.WriteLineAsync($"Usage: postern-bench PROGRAMS-FOLDER RESULT-FILE [{string.Join('|', suites)} [SECONDS]]");
    return 2;
}

var (programs, resultFile, only) = (args[0], args[1], args.Length > 2 ? args[2] : null);
var report = new Report();
var folder = Directory.CreateTempSubdirectory("postern-bench-").FullName;
var servers = new List<ServerUnderTest>();
try
{
    if (only == "login")
    {
        // There is nothing of sshd's to compare it with.
        await LoginSuite.RunAsync(folder, programs, report);
        await report.SaveAsync(resultFile);
        return 0;
    }

    var postern = await PosternServer.StartAsync(Path.Combine(folder, "postern"), programs);
    servers.Add(postern);
    var sshd = await OpenSshServer.StartAsync(Path.Combine(folder, "sshd"), postern.TunnelPort);
    servers.Add(sshd);
    using var farEnd = new SourceSink(postern.TunnelPort);
    var run = new Comparison(sshd, postern, report);

    var client = (await Shell.RunAsync("sh", ["-c", "ssh -V 2>&1"])).Trim();
    report.Say($"# Postern beside OpenSSH sshd\n");
    report.Say($"{DateTime.UtcNow:yyyy-MM-dd HH:mm} UTC, {Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}, .NET {Environment.Version}, client and sshd {client}; medians of {Comparison.Rounds} alternating rounds.\n");
    report.Say("The limit is a bare relay at both ends of the tunnel, server and client: blocking threads that copy, seal and open in place, without SSH. Its throughput is that of its own client, for the stock one speaks SSH. The limit of a key press is a terminal at a plain connection, with neither SSH nor cipher.\n");
    report.BeginTable();
    foreach (var (suite, runSuite) in new (string, Func<Comparison, Task>)[]
    {
        ("tunnel", TunnelSuite.RunTunnelsAsync),
        ("exec", TunnelSuite.RunCommandsAsync),
        ("latency", TunnelSuite.RunRoundTripsAsync),
        ("connections", ConnectionSuite.RunStockClientAsync),
        ("rates", ConnectionSuite.RunRatesAsync),
        ("keystrokes", KeystrokeSuite.RunAsync),
        ("idle", run => ConnectionSuite.RunIdleAsync(run, TimeSpan.FromSeconds(seconds))),
        ("longline", LongLineSuite.RunAsync),
        ("startup", _ => StartUpAsync()),
        ("allocations", AllocationSuite.RunAsync),
    })
    {
        if (only is null || only == suite)
        {
            await runSuite(run);
        }
    }

    await report.SaveAsync(resultFile);
    return 0;
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

async Task StartUpAsync()
{
    var (theirs, ours) = (new List<double>(), new List<double>());
    for (var round = 0; round < 20; round++)
    {
        theirs.Add(await ConnectionMeasurements.StartUpAsync("ssh", "-V"));
        ours.Add(await ConnectionMeasurements.StartUpAsync(Path.Combine(programs, "postern"), "--version"));
    }

    report.Row("start-up: `ssh -V` and `postern --version`, ms", theirs, ours);
}
