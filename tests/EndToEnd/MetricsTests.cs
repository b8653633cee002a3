using Postern.Testing;

namespace Postern.EndToEnd;

/// <summary>The counts of the running server, while real ssh is connected.</summary>
[Collection(InstallationCollection.Name)]
public sealed class MetricsTests(Installation installation)
{
    [Fact]
    public async Task Metrics_CountARealConnectionWhileItIsThere()
    {
        using var session = Programs.Start(
            "ssh",
            ["-F", installation.Contributor.SshConfiguration, "-o", "BatchMode=yes", Installation.Destination, "echo in; cat"],
            installation.Contributor.Environment);
        Assert.Equal("in", await session.StandardOutput.ReadLineAsync());

        var during = await ScrapeAsync();
        Assert.InRange(during["postern_gateway_connections"], 1, 1000);
        Assert.InRange(during["postern_gateway_authenticated"], 1, 1000);
        Assert.InRange(during["postern_ssh_connections"], 1, 1000);
        Assert.InRange(during["postern_ssh_channels"], 1, 1000);
        Assert.InRange(during["postern_ssh_sent_bytes_total"], 1000, long.MaxValue);

        session.StandardInput.Close();
        await session.WaitForExitAsync();
        Assert.Equal(0, session.ExitCode);
        var refused = await installation.Contributor.SshAsync("abcdefg123456-other-aaaaaaa--app@ssh.local.postern.test", "true");
        Assert.Equal(255, refused.ExitCode);
        Assert.InRange((await ScrapeAsync())["postern_gateway_refused_people_total{code=\"PST-101\"}"], 1, 1000);
    }

    private async Task<Dictionary<string, long>> ScrapeAsync()
    {
        using var client = new HttpClient();
        var text = await client.GetStringAsync($"{installation.Postern.Url}/metrics");
        return text.Split('\n').Where(l => l.Length > 0 && l[0] != '#').ToDictionary(l => l[..l.LastIndexOf(' ')], l => long.Parse(l[(l.LastIndexOf(' ') + 1)..]));
    }
}
