using System.Text.Json;

namespace Postern.Interop;

/// <summary>What each scenario must show, whatever the client is.</summary>
internal static class Expectations
{
    /// <summary>Fewest changes of keys in the middle of a transfer that count as several.</summary>
    private const int LeastRekeys = 3;

    /// <summary>Checks the report of a driver.</summary>
    public static void Check(Client client, string scenario, JsonElement report, SharedInstallation installation)
    {
        switch (scenario)
        {
            case Scenarios.Exec:
                Ends(report, 7, "out\n", "err\n");
                break;
            case Scenarios.Signal:
                Equal(client.KilledStatus, report, "status", e => e.ValueKind == JsonValueKind.Null ? null : e.GetInt32());
                if (client.KilledSignal is { } signal)
                {
                    Equal(signal, report, "signal", e => e.GetString());
                }

                break;
            case Scenarios.SendSignal:
                Equal(9, report, "status", e => e.GetInt32());
                Equal("caught\n", report, "stdout", e => e.GetString());
                break;
            case Scenarios.Environment:
                Ends(report, 0, "de_DE.UTF-8\n", "");
                break;
            case Scenarios.Terminal:
                Equal("40 100", report, "initial", e => e.GetString());
                Equal("50 120", report, "resized", e => e.GetString());
                Equal(130, report, "interrupted", e => e.GetInt32());
                Equal(5, report, "status", e => e.GetInt32());
                break;
            case Scenarios.Transfer:
                Equal(0, report, "status", e => e.GetInt32());
                Equal(installation.LargeFileHash, report, "sha256", e => e.GetString());
                break;
            case Scenarios.Rekey:
                Equal(0, report, "status", e => e.GetInt32());
                Equal(installation.SmallFileHash, report, "sha256", e => e.GetString());
                Assert.True(report.GetProperty("rekeyed").GetInt32() >= LeastRekeys, $"keys changed too seldom: {report}");
                break;
            case Scenarios.Files:
                var ways = report.GetProperty("sha256").EnumerateObject().ToList();
                Assert.NotEmpty(ways);
                Assert.All(ways, way => Assert.Equal((way.Name, installation.SmallFileHash), (way.Name, way.Value.GetString())));
                break;
            case Scenarios.Tunnel:
            case Scenarios.Socks:
                Equal("N", report, "database", e => e.GetString());
                Equal("+OK\r\n+PONG\r\n", report, "cache", e => e.GetString());
                Equal(true, report, "refused", e => e.GetBoolean());
                break;
            case Scenarios.Remote:
                Ends(report, 0, "HELLO\n", "");
                break;
            case Scenarios.Agent:
                // Not its errors: Dropbear says there that the agent's channel closes after the command's.
                Equal(0, report, "status", e => e.GetInt32());
                Equal("usable\n", report, "stdout", e => e.GetString());
                break;
            case Scenarios.Sessions:
                Equal(1, report, "connections", e => e.GetInt32());
                Equal("1 2 3", report, "statuses", e => string.Join(' ', e.EnumerateArray().Select(s => s.GetInt32())));
                Equal("word1 word2 word3", report, "words", e => string.Join(' ', e.EnumerateArray().Select(s => s.GetString())));
                break;
            case Scenarios.KeepAlive:
                Ends(report, 0, "alive\n", "");
                break;
            case Scenarios.Refusal:
                Refused(report, client.DeniedWords);
                if (client.ShowsReason)
                {
                    Contains("Code: PST-101", report);
                }

                break;
            case Scenarios.WrongHost:
                Refused(report, client.WrongHostWords);
                break;
            case Scenarios.Editor:
                Ends(report.GetProperty("sh"), 4, "script ran\n", "");
                Equal("script ran\nscript ran\n", report, "stdout", e => string.Concat(e.EnumerateArray().Select(o => o.GetString())));
                Equal("", report, "stderr", e => string.Concat(e.EnumerateArray().Select(o => o.GetString())));
                Equal("4 4", report, "statuses", e => string.Join(' ', e.EnumerateArray().Select(s => s.GetInt32())));
                break;
            default:
                throw new ArgumentException($"nothing is expected of {scenario}", nameof(scenario));
        }
    }

    private static void Ends(JsonElement report, int status, string output, string error)
    {
        Equal(status, report, "status", e => e.GetInt32());
        Equal(output, report, "stdout", e => e.GetString());
        Equal(error, report, "stderr", e => e.GetString());
    }

    private static void Refused(JsonElement report, string words)
    {
        Assert.True(report.GetProperty("status").GetInt32() != 0, $"nothing was refused: {report}");
        Contains(words, report);
    }

    private static void Contains(string words, JsonElement report) =>
        Assert.Contains(words, report.GetProperty("stderr").GetString(), StringComparison.Ordinal);

    private static void Equal<T>(T expected, JsonElement report, string name, Func<JsonElement, T> read)
    {
        Assert.True(report.TryGetProperty(name, out var value), $"the report has no {name}: {report}");
        var seen = read(value);
        Assert.True(EqualityComparer<T>.Default.Equals(expected, seen), $"{name} is {value}, not {expected}: {report}");
    }
}
