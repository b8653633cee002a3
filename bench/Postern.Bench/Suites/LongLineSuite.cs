using System.Diagnostics;
using System.Globalization;

namespace Postern.Bench.Suites;

/// <summary>One stream of SFTP by the stock client over a line of 138 ms (<see cref="Line.LongLine"/>).</summary>
internal static class LongLineSuite
{
    private const int Megabytes = 300;
    private const int Rounds = 3;
    private static readonly TimeSpan RoundTrip = TimeSpan.FromMilliseconds(138);

    // With no options sftp asks for as much at once as sftp-server says that it takes: 64 requests of 255 KiB.
    private static readonly (string What, string[] Options)[] Ways =
    [
        ("sftp as it is", []),
        ("sftp -R 256 -B 261120", ["-R", "256", "-B", "261120"]),
    ];

    public static async Task RunAsync(Comparison run)
    {
        var folder = System.IO.Directory.CreateTempSubdirectory("postern-line-").FullName;
        try
        {
            var large = Path.Combine(folder, "large");
            await File.WriteAllTextAsync(Path.Combine(folder, "small"), "x");
            await Shell.RunAsync("dd", ["if=/dev/urandom", $"of={large}", "bs=1M", $"count={Megabytes}", "status=none"]);
            using var sshd = await StartLineAsync(run.Sshd, out var sshdPort);
            using var postern = await StartLineAsync(run.Postern, out var posternPort);
            try
            {
                foreach (var (what, options) in Ways)
                {
                    foreach (var isDownload in new[] { false, true })
                    {
                        var (theirs, ours) = (new List<double>(), new List<double>());
                        for (var round = 0; round < Rounds; round++)
                        {
                            theirs.Add(await MeasureAsync(run.Sshd, sshdPort, folder, options, isDownload));
                            ours.Add(await MeasureAsync(run.Postern, posternPort, folder, options, isDownload));
                        }

                        run.Report.Row(
                            $"{what}, {Megabytes} MiB {(isDownload ? "down" : "up")} over a round trip of {RoundTrip.TotalMilliseconds} ms, MB/s", theirs, ours);
                    }
                }
            }
            finally
            {
                sshd.Kill();
                postern.Kill();
            }
        }
        finally
        {
            System.IO.Directory.Delete(folder, recursive: true);
        }
    }

    private static Task<Process> StartLineAsync(ServerUnderTest server, out int port)
    {
        var listen = port = ServerUnderTest.FreePort();
        return StartAsync();

        async Task<Process> StartAsync()
        {
            var delay = (RoundTrip / 2).TotalMilliseconds.ToString(CultureInfo.InvariantCulture);
            var line = Shell.Start(Environment.ProcessPath!, ["line", $"{listen}", $"{server.Engine.Address.Port}", delay]);
            await ServerUnderTest.WaitForPortAsync(listen, line);
            return line;
        }
    }

    // What connecting and opening files take over such a line is taken off: a file of one byte has nothing else.
    private static async Task<double> MeasureAsync(ServerUnderTest server, int port, string folder, string[] options, bool isDownload)
    {
        var setUp = await RunAsync("small");
        var seconds = await RunAsync("large") - setUp;
        return Megabytes * 1024 * 1024 / 1e6 / seconds;

        async Task<double> RunAsync(string name)
        {
            const string Remote = "/tmp/postern-bench-line";
            var batch = Path.Combine(folder, "batch");
            var local = Path.Combine(folder, name);
            await File.WriteAllTextAsync(batch, isDownload ? $"get {Remote}-{name} {local}.down\n" : $"put {local} {Remote}-{name}\n");
            var clock = Stopwatch.StartNew();

            // ssh takes the first of each option, sftp its destination last.
            await Shell.RunAsync("sftp", ["-q", "-P", $"{port}", .. options, "-b", batch, .. WithoutPort(server.ClientOptions)]);
            return clock.Elapsed.TotalSeconds;
        }
    }

    private static IEnumerable<string> WithoutPort(IReadOnlyList<string> options)
    {
        for (var i = 0; i < options.Count; i++)
        {
            if (options[i] == "-p")
            {
                i++;
                continue;
            }

            yield return options[i];
        }
    }
}
