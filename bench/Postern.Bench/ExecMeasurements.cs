using System.Globalization;

namespace Postern.Bench;

/// <summary>What is measured through commands; each returns the figures of one round, without the commands' own CPU time.</summary>
internal static class ExecMeasurements
{
    /// <summary>
    /// One bulk transfer from or to a command, by the stock client. The command waits at both ends of the transfer, so that
    /// the server's processes are there to be asked for their time.
    /// </summary>
    public static async Task<BulkFigures> BulkAsync(ServerUnderTest server, string cipher, bool isDownload, long bytes)
    {
        var command = isDownload
            ? string.Create(CultureInfo.InvariantCulture, $"echo; read go; head -c {bytes} /dev/zero; read go")
            : string.Create(CultureInfo.InvariantCulture, $"echo; head -c {bytes} >/dev/null; echo; read go");
        using var client = Shell.Start("ssh", ["-c", cipher, .. server.ClientOptions, command]);
        try
        {
            Shell.WidenPipes(client);
            var (input, output) = (client.StandardInput.BaseStream, client.StandardOutput.BaseStream);
            await Task.Run(() => ReadAll(output, 1));
            var clock = BulkClock.Start(() => server.OwnCpuSeconds, client);
            await Task.Run(() =>
            {
                if (isDownload)
                {
                    input.Write("\n"u8);
                    input.Flush();
                    ReadAll(output, bytes);
                    return;
                }

                WriteAll(input, bytes);
                ReadAll(output, 1);
            });
            return clock.Stop(bytes);
        }
        finally
        {
            client.Kill();
            await client.WaitForExitAsync();
        }
    }

    /// <summary>
    /// CPU milliseconds of the login shell that sshd runs <c>true</c> with: of processes that have ended only the whole time is
    /// known, so this is what is taken off it.
    /// </summary>
    public static async Task<double> LoginShellAsync()
    {
        const int Count = 200;

        // With what sshd sets that matters to it: bash reads ~/.bashrc for a client of SSH, and there is none.
        var environment = new Dictionary<string, string> { ["SSH_CLIENT"] = "127.0.0.1 1 22", ["HOME"] = "/nonexistent", ["SHLVL"] = "0" };
        var output = await Shell.RunAsync(
            "/bin/bash", ["-c", $"for ((i = 0; i < {Count}; i++)); do SHLVL=0 /bin/bash -c true; done; times"], environment);

        // The second line has the user and system time of the children: 0m0.123s 0m0.456s.
        var times = output.Split('\n')[1].Split(' ').Select(time => time.Split('m', 's'));
        return times.Sum(time =>
            (double.Parse(time[0], CultureInfo.InvariantCulture) * 60) + double.Parse(time[1], CultureInfo.InvariantCulture)) * 1000 / Count;
    }

    private static void ReadAll(Stream stream, long bytes)
    {
        var buffer = new byte[256 * 1024];
        for (var left = bytes; left > 0;)
        {
            var count = stream.Read(buffer, 0, (int)Math.Min(buffer.Length, left));
            left -= count > 0 ? count : throw new InvalidOperationException($"the command ended {left} bytes too early");
        }
    }

    private static void WriteAll(Stream stream, long bytes)
    {
        var buffer = new byte[256 * 1024];
        for (var left = bytes; left > 0; left -= buffer.Length)
        {
            stream.Write(buffer, 0, (int)Math.Min(buffer.Length, left));
        }

        stream.Flush();
    }
}
