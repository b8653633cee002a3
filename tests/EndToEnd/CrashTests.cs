using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Postern.Testing;

namespace Postern.EndToEnd;

/// <summary>A server that is killed loses nothing that it had promised.</summary>
public sealed class CrashTests
{
    [Fact]
    public async Task Kill9_WhileCertificatesAreIssued_EveryReturnedOneIsOnRecord()
    {
        await using var postern = await PosternInstallation.CreateAsync();
        var token = await postern.AddPersonAsync("owner@postern.test");
        await postern.StartAsync();
        var key = Path.Combine(postern.Folder, "key");
        await Programs.ReadAsync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
        var line = await File.ReadAllTextAsync(key + ".pub");

        var returned = new ConcurrentBag<string>();
        using (var http = new HttpClient { BaseAddress = new Uri(postern.Url) })
        {
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await AccessTokenAsync(http, token));
            var issuing = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
            {
                try
                {
                    while (true)
                    {
                        using var answer = await http.PostAsJsonAsync("/ssh", new Dictionary<string, string> { ["key"] = line });
                        answer.EnsureSuccessStatusCode();
                        var json = await answer.Content.ReadFromJsonAsync<JsonElement>();
                        returned.Add(json.GetProperty("certificate").GetString()!);
                    }
                }
                catch (HttpRequestException)
                {
                    // The server is gone, which is the point.
                }
            })).ToArray();
            await Programs.WaitUntilAsync(() => returned.Count > 50, "50 certificates");
            await postern.KillAsync();
            await Task.WhenAll(issuing);
        }

        await postern.StartAsync();
        var serials = await Task.WhenAll(returned.Select(c => SerialAsync(postern.Folder, c)));
        Assert.Equal(serials.Length, serials.Distinct().Count());
        var recorded = (await Programs.ReadAsync("sqlite3", [Path.Combine(postern.Folder, "data", "postern.db"), "select serial from issued_certificates"]))
            .Split('\n').ToHashSet();
        Assert.Empty(serials.Except(recorded));
    }

    [Fact]
    public async Task ServerThatIsGone_GivesAClearErrorAndComesBackWithEverything()
    {
        await using var postern = await PosternInstallation.CreateAsync();
        var token = await postern.AddPersonAsync("owner@postern.test");
        await postern.StartAsync();
        var home = postern.MakeHome("owner", token);
        await home.UseServerAsync();
        await home.ReadPosternAsync("ssh-cert:load", "--yes");
        await postern.KillAsync();

        var refused = await home.PosternAsync("projects", "--refresh");
        Assert.Equal(5, refused.ExitCode);
        Assert.Contains("Failed to connect to host", refused.Error, StringComparison.Ordinal);

        await postern.StartAsync();
        Assert.Contains("owner@postern.test", await home.ReadPosternAsync("auth:info", "email"), StringComparison.Ordinal);
        Assert.Equal(0, await postern.StopAsync());
    }

    private static async Task<string> AccessTokenAsync(HttpClient http, string apiToken)
    {
        using var answer = await http.PostAsync("/oauth2/token", new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "api_token",
            ["api_token"] = apiToken,
            ["client_id"] = "postern-cli",
        }));
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("access_token").GetString()!;
    }

    private static async Task<string> SerialAsync(string folder, string certificate)
    {
        var file = Path.Combine(folder, Path.GetRandomFileName());
        await File.WriteAllTextAsync(file, certificate + "\n");
        var text = await Programs.ReadAsync("ssh-keygen", ["-L", "-f", file]);
        return text.Split('\n').Single(l => l.Contains("Serial:", StringComparison.Ordinal)).Split(':')[1].Trim();
    }
}
