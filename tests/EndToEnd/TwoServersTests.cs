using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Postern.Testing;

namespace Postern.EndToEnd;

/// <summary>Two servers of one deployment on one PostgreSQL: what happens at one holds at the other.</summary>
public sealed class TwoServersTests : IAsyncLifetime
{
    private const string Email = "owner@postern.test";

    private readonly Person _person = new();
    private PostgreSqlCluster _database = null!;
    private PosternInstallation _one = null!;
    private PosternInstallation _other = null!;
    private string _password = "";

    public async Task InitializeAsync()
    {
        _database = await PostgreSqlCluster.StartAsync();
        var database = $"database:\n  provider: postgresql\n  connection_string: {_database.ConnectionString}\n";
        _one = await PosternInstallation.CreateAsync(database);
        _other = await PosternInstallation.CreateAsync(
            $"{database}authority:\n  master_key_file: {_one.Folder}/data/master.key\n", publicUrl: _one.Url);
        foreach (var email in new[] { Email, "contributor@postern.test", "viewer@postern.test" })
        {
            var made = await _one.OperateAsync("user", "add", email);
            _password = email == Email ? made.Split('\n').Single(l => l.StartsWith("Password: ", StringComparison.Ordinal))["Password: ".Length..] : _password;
        }

        await _one.ApplyAsync(Installation.Document);
        await _one.StartAsync();
        await _other.StartAsync();
    }

    public async Task DisposeAsync()
    {
        _person.Dispose();
        await _one.DisposeAsync();
        await _other.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task RefreshToken_UsedAtBothAtOnce_HasOneSuccessorAndLocksNobodyOut()
    {
        var tokens = await _person.LogInAsync(_one.Url, Email, _password);
        for (var round = 0; round < 20; round++)
        {
            if (round > 0 && round % 4 == 0)
            {
                tokens = await _person.LogInAsync(_one.Url, Email, _password); // A session may rotate ten times a minute.
            }

            var token = Text(tokens, "refresh_token");
            var answers = await Task.WhenAll(_person.RefreshAsync(_one.Url, token), _person.RefreshAsync(_other.Url, token));
            Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.Status));
            Assert.Equal(Text(answers[0].Json, "refresh_token"), Text(answers[1].Json, "refresh_token"));

            // Each token counts at the server that did not make it.
            Assert.Equal(HttpStatusCode.OK, await _person.AskWhoIAmAsync(_other.Url, Text(answers[0].Json, "access_token")));
            Assert.Equal(HttpStatusCode.OK, await _person.AskWhoIAmAsync(_one.Url, Text(answers[1].Json, "access_token")));
            tokens = answers[round % 2].Json;
        }
    }

    [Fact]
    public async Task EndOfASessionAtOne_IsSeenAtTheOtherWithinFiveSeconds()
    {
        var ended = await _person.LogInAsync(_one.Url, Email, _password);
        var kept = await _person.LogInAsync(_other.Url, Email, _password);
        using var theirs = await BeginAsync("ended", Text(ended, "access_token"));
        using var ours = await BeginAsync("kept", Text(kept, "access_token"));
        Assert.Equal(HttpStatusCode.OK, await _person.AskWhoIAmAsync(_one.Url, Text(ended, "access_token")));

        await _person.RevokeAsync(_other.Url, Text(ended, "refresh_token"));
        var clock = Stopwatch.StartNew();
        Assert.Equal(HttpStatusCode.Unauthorized, await _person.AskWhoIAmAsync(_one.Url, Text(ended, "access_token")));
        var refused = await _person.RefreshAsync(_one.Url, Text(ended, "refresh_token"));
        Assert.Equal((HttpStatusCode.BadRequest, "Invalid refresh token"), (refused.Status, Text(refused.Json, "error_description")));
        await theirs.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"it took {clock.Elapsed}");
        Assert.Equal(255, theirs.ExitCode);
        using var again = Ssh("ended", "true");
        await again.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token);
        Assert.Equal(255, again.ExitCode);

        // The other session of the same person goes on.
        Assert.False(ours.HasExited);
        Assert.Equal(HttpStatusCode.OK, await _person.AskWhoIAmAsync(_one.Url, Text(kept, "access_token")));
        ours.Kill();
    }

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;

    // The certificate comes from the second server and the connection goes to the first.
    private async Task<Process> BeginAsync(string name, string accessToken)
    {
        var key = Path.Combine(_one.Folder, name);
        await Programs.ReadAsync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
        await File.WriteAllTextAsync(key + "-cert.pub", await _person.CertifyAsync(_other.Url, accessToken, (await File.ReadAllTextAsync(key + ".pub")).Trim()) + "\n");
        var process = Ssh(name, "echo in; sleep 600");
        Assert.Equal("in", await process.StandardOutput.ReadLineAsync());
        return process;
    }

    private Process Ssh(string name, string command) => Programs.Start("ssh",
    [
        "-F", "none", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "IdentitiesOnly=yes",
        "-i", Path.Combine(_one.Folder, name), "-p", $"{_one.SshPort}", $"{Installation.Service}@127.0.0.1", command,
    ]);
}
