using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Postern.Directory.Audit;
using Postern.Directory.Storage;
using Postern.Login.Tests.Testing;
using Postern.Login.Tokens;

namespace Postern.Login.Tests.Sessions;

/// <summary>What an auditor finds about signing in (docs/audit.md).</summary>
[Collection(DatabaseCollection.Name)]
public sealed class SignInAuditTests(PostgreSqlServer postgreSql)
{
    [Theory]
    [InlineData(DirectoryOptions.Sqlite)]
    [InlineData(DirectoryOptions.PostgreSql)]
    public async Task SignIns_AreThereWithHowAndFromWhere_AndTheirEnds(string provider)
    {
        await using var server = await LoginServer.StartAsync(provider, postgreSql);
        var browser = server.Browser();
        browser.Address = "192.0.2.77";
        await browser.SignInAsync();
        await server.LogInWithBrowserAsync(browser);
        var began = await EventsAsync(server, "session.began");
        Assert.Equal(["browser, password, pwd, from 192.0.2.77", "postern-cli, authorization_code, pwd, from 192.0.2.1"], began.Select(e => e.Detail));
        Assert.All(began, e => Assert.Equal(server.User.Id.ToString(), e.Actor));

        await browser.SubmitAsync("/user/logout", "/user/logout");
        var ended = Assert.Single(await EventsAsync(server, "session.ended"));
        Assert.Equal((began[0].Subject, "signed out"), (ended.Subject, ended.Detail));
    }

    [Theory]
    [InlineData(DirectoryOptions.Sqlite)]
    [InlineData(DirectoryOptions.PostgreSql)]
    public async Task Refusals_AreThereWithoutWhatWasTyped(string provider)
    {
        await using var server = await LoginServer.StartAsync(provider, postgreSql);
        await (await server.SignedInAsync()).AddAuthenticatorAsync(server);
        var stranger = server.Browser();
        stranger.Address = "198.51.100.9";
        await stranger.SignInAsync(password: "a wrong guess of mine");
        await stranger.SignInAsync("my.secret.in.the.wrong.field@example.com", "x");
        await stranger.SignInWithCodeAsync("000000");
        using var key = new SoftwareAuthenticator();
        await stranger.SignInWithPasskeyAsync(key);
        var id = server.User.Id.ToString();
        Assert.Equal(
            [(id, "wrong password"), ("unknown account", "wrong password"), (id, "second factor: Wrong"), ("unknown account", "passkey not accepted")],
            (await EventsAsync(server, "sign_in.refused")).Select(e => (e.Subject, e.Detail!)));
        Assert.All(await EventsAsync(server, "sign_in.refused"), e => Assert.Equal("address 198.51.100.9", e.Actor));
        Assert.DoesNotContain(
            await server.QueryAsync(c => c.AuditEvents.AsNoTracking().ToListAsync()),
            e => (e.Subject + e.Detail + e.Actor).Contains("secret", StringComparison.Ordinal) || (e.Detail ?? "").Contains("guess", StringComparison.Ordinal));
    }

    [Fact]
    public async Task FloodOfRefusals_DoesNotFillTheTrail()
    {
        await using var server = await LoginServer.StartAsync();
        for (var i = 0; i < LoginLimits.AuditedRefusals + 20; i++)
        {
            var stranger = server.Browser();
            stranger.Address = $"198.51.100.{i}";
            Assert.Equal(HttpStatusCode.UnprocessableEntity, (await stranger.SignInAsync($"nobody{i}@example.com", "x")).StatusCode);
        }

        Assert.Equal(LoginLimits.AuditedRefusals, (await EventsAsync(server, "sign_in.refused")).Count);
        server.Clock.Advance(TimeSpan.FromMinutes(1));
        await server.Browser().SignInAsync(password: "wrong");
        Assert.Equal(LoginLimits.AuditedRefusals + 1, (await EventsAsync(server, "sign_in.refused")).Count);
    }

    [Fact]
    public async Task KeysOfTokens_AreThereWhoeverMadeThem()
    {
        await using var server = await LoginServer.StartAsync();
        await server.LogInAsync(); // The first token needs a key.
        var keys = server.Services.GetRequiredService<SigningKeyService>();
        await keys.RotateAsync(isOldRevoked: false, CancellationToken.None);
        await keys.RotateAsync(isOldRevoked: true, CancellationToken.None);
        Assert.Equal(
            ["server", "postern-server signing-key rotate", "postern-server signing-key rotate"],
            (await EventsAsync(server, "signing_key.created")).Select(e => e.Actor));
        Assert.Equal(2, (await EventsAsync(server, "signing_key.revoked")).Count);
    }

    private static Task<List<AuditEvent>> EventsAsync(LoginServer server, string action) =>
        server.QueryAsync(c => c.AuditEvents.AsNoTracking().Where(e => e.Action == action).OrderBy(e => e.Id).ToListAsync());
}
