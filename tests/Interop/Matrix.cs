using System.Text.Json;
using Postern.Testing;

namespace Postern.Interop;

/// <summary>Takes one client through one scenario and checks what its driver reports.</summary>
public static class Matrix
{
    /// <summary>Each driver and the server keep a core busy in turn; more at once would only wait for each other.</summary>
    private static readonly SemaphoreSlim Places = new(3);

    /// <summary>The scenarios of a client, for a theory.</summary>
    public static TheoryData<string> ScenariosOf(Client client) => [.. client.Scenarios];

    /// <summary>Runs the scenario and checks it.</summary>
    public static async Task CheckAsync(Client client, string scenario)
    {
        var installation = await SharedInstallation.GetAsync();
        await Places.WaitAsync();
        try
        {
            var isKey = scenario == Scenarios.Key;
            var settings = await installation.WriteSettingsAsync(client, client.UsesCertificate && !isKey);
            var result = await Programs.RunAsync(
                client.Driver[0], [.. client.Driver.Skip(1), settings, isKey ? Scenarios.Exec : scenario],
                new Dictionary<string, string> { ["PYTHONWARNINGS"] = "ignore" });
            Assert.True(result.ExitCode == 0, $"{client.Title}: {scenario}: {result}\n{LastLines(installation.Log)}");
            using var report = JsonDocument.Parse(result.Output);
            Expectations.Check(client, isKey ? Scenarios.Exec : scenario, report.RootElement, installation);
        }
        finally
        {
            Places.Release();
        }
    }

    private static string LastLines(string log) => string.Join('\n', log.Split('\n').TakeLast(12));
}
