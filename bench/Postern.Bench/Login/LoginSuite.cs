using System.Diagnostics;
using System.Globalization;

namespace Postern.Bench.Login;

/// <summary>
/// Sign-ins, refreshes and certificates per second on both databases, with the time of one request and the processor time of
/// each. The processor time holds on a busy machine; rate and request time are those of this machine with what else it did.
/// </summary>
internal static class LoginSuite
{
    private const int AtOnce = 16;
    private const int SignIns = 200;
    private const int Refreshes = 1500;
    private const int RefreshSessions = 200;
    private const int Certificates = 2500;

    /// <summary>Certificates that one session may ask for are limited, so the requests are of many.</summary>
    private const int CertificateSessions = 50;

    public static async Task RunAsync(string folder, string programs, Report report)
    {
        report.Say("# Signing in\n");
        report.Say($"{DateTime.UtcNow:yyyy-MM-dd HH:mm} UTC, {Environment.ProcessorCount} cores, load {(await File.ReadAllTextAsync("/proc/loadavg")).Split(' ')[0]}, .NET {Environment.Version}; {AtOnce} requests at once, client, server and database on this machine; every commit is on the disk before the answer.\n");
        report.Say("| Measure | per second | p50 ms | p99 ms | server CPU ms each | database CPU ms each |\n|---|---:|---:|---:|---:|---:|");
        foreach (var isPostgreSql in new[] { true, false })
        {
            await using var server = await LoginServer.StartAsync(Path.Combine(folder, isPostgreSql ? "pg" : "lite"), programs, isPostgreSql);
            using var visitor = new Visitor(server.Address);
            await RunAsync(server, visitor, folder, report);
        }
    }

    private static async Task RunAsync(LoginServer server, Visitor visitor, string folder, Report report)
    {
        var page = await visitor.OpenAsync("/login");
        await MeasureAsync(server, report, "sign-ins by password", SignIns, (_, i) => visitor.SignInAsync(page, 1 + (i % LoginServer.Accounts)));

        // Many sessions, for each may refresh only so often.
        var refreshTokens = new string[RefreshSessions];
        await RunAsync(RefreshSessions, async (_, i) => refreshTokens[i] = await visitor.LogInAsync(1 + (i % LoginServer.Accounts)));
        var addresses = Enumerable.Range(0, CertificateSessions).Select(_ => Visitor.NewAddress()).ToArray();
        await MeasureAsync(server, report, "refreshes", Refreshes, async (worker, i) =>
            refreshTokens[i % RefreshSessions] = await visitor.RefreshAsync(refreshTokens[i % RefreshSessions], addresses[worker]));

        var accessTokens = await Task.WhenAll(addresses.Select(address => visitor.ExchangeApiTokenAsync(server.ApiToken, address)));
        var key = await MakeKeyAsync(folder, server.Name);
        await MeasureAsync(server, report, "certificates", Certificates, (_, i) =>
            visitor.CertifyAsync(accessTokens[i % CertificateSessions], key, addresses[i % CertificateSessions]));
    }

    private static async Task<string> MakeKeyAsync(string folder, string name)
    {
        var file = Path.Combine(folder, "key-" + name);
        await Shell.RunAsync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file]);
        return (await File.ReadAllTextAsync(file + ".pub")).Trim();
    }

    private static async Task MeasureAsync(LoginServer server, Report report, string what, int count, Func<int, int, Task> work)
    {
        // What is compiled at the first calls is not what is measured.
        await RunAsync(count / 10, work);
        var (cpu, databaseCpu) = (server.CpuSeconds, server.DatabaseCpuSeconds);
        var clock = Stopwatch.StartNew();
        var times = await RunAsync(count, work);
        var seconds = clock.Elapsed.TotalSeconds;
        (cpu, databaseCpu) = (server.CpuSeconds - cpu, server.DatabaseCpuSeconds - databaseCpu);
        Array.Sort(times);
        report.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"| {server.Name}: {what} | {count / seconds:0} | {times[count / 2]:0.0} | {times[count * 99 / 100]:0.0} | {cpu * 1000 / count:0.00} | {databaseCpu * 1000 / count:0.00} |"));
    }

    private static async Task<double[]> RunAsync(int count, Func<int, int, Task> work)
    {
        var times = new double[count];
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async worker =>
        {
            for (var i = Interlocked.Increment(ref next); i < count; i = Interlocked.Increment(ref next))
            {
                var begin = Stopwatch.GetTimestamp();
                await work(worker, i);
                times[i] = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
            }
        }));
        return times;
    }
}
