using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Postern.Directory.Approvals;
using Postern.Directory.People;
using Postern.Directory.Storage;
using Postern.Login.Accounts;
using Postern.Login.Factors;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.Sessions;

/// <summary>
/// Somebody had the password, a browser or a device of a person, who now does what the pages tell them to. Nothing that the
/// thief prepared is left: no session, no code typed inside ssh, no API token that counts as MFA.
/// </summary>
[Collection(DatabaseCollection.Name)]
public sealed class EverythingEndsTests(PostgreSqlServer postgreSql)
{
    private const string NewPassword = "tramway otter violin";

    private static readonly CancellationToken Never = CancellationToken.None;

    [Theory]
    [InlineData("password")]
    [InlineData("operator's password")]
    [InlineData("everywhere else")]
    [InlineData("factor removed")]
    [InlineData("factors reset")]
    [InlineData("disabled")]
    public async Task ApprovalTypedInsideSsh_IsTakenBack(string act)
    {
        await using var server = await LoginServer.StartAsync();
        var browser = await server.SignedInAsync();
        await browser.AddAuthenticatorAsync(server);
        var approval = await ApproveAsync(server, server.User);
        var grace = await server.CreateUserAsync("grace@example.com", LoginServer.Password);
        var others = await ApproveAsync(server, grace);
        await DoAsync(server, browser, act);

        var rows = await server.QueryAsync(c => c.SshApprovals.AsNoTracking().ToDictionaryAsync(a => a.Id, a => a.RevokedAt));
        Assert.NotNull(rows[approval.Id]);
        Assert.Null(rows[others.Id]);

        // The gateway hears of it within its seconds, by the feed.
        Assert.True(await server.QueryAsync(c => c.Changes.AnyAsync(x => x.Kind == "ssh_approval" && x.Subject == approval.Id.ToString())));
    }

    [Theory]
    [InlineData("password")]
    [InlineData("operator's password")]
    [InlineData("everywhere else")]
    [InlineData("factors reset")]
    [InlineData("disabled")]
    public async Task LinkToANewPassword_ThatWasMailedOrWaits_IsVoid(string act)
    {
        await using var server = await LoginServer.StartAsync();
        var browser = await server.SignedInAsync();
        var now = server.Clock.GetUtcNow();
        var grace = await server.CreateUserAsync("grace@example.com", LoginServer.Password);
        await server.QueryAsync(c =>
        {
            foreach (var user in new[] { server.User, grace })
            {
                c.Add(new MailLink { TokenHash = user.Email!, Purpose = "password_reset", UserId = user.Id, NormalizedEmail = user.NormalizedEmail!, CreatedAt = now, ExpiresAt = now.AddHours(1) });
                c.Add(new QueuedMail { Id = Guid.NewGuid(), Kind = "password_reset", Recipient = user.Email!, CreatedAt = now, DueAt = now.AddYears(1), ExpiresAt = now.AddHours(1) });
            }

            return c.SaveChangesAsync();
        });
        await DoAsync(server, browser, act);
        Assert.Equal(["grace@example.com"], await server.QueryAsync(c => c.MailLinks.Select(l => l.TokenHash).ToListAsync()));
        Assert.Equal(["grace@example.com"], await server.QueryAsync(c => c.QueuedMails.Where(m => m.Kind == "password_reset").Select(m => m.Recipient).ToListAsync()));
    }

    [Theory]
    [InlineData(DirectoryOptions.Sqlite, "factor removed")]
    [InlineData(DirectoryOptions.Sqlite, "factors reset")]
    [InlineData(DirectoryOptions.PostgreSql, "factor removed")]
    [InlineData(DirectoryOptions.PostgreSql, "factors reset")]
    public async Task TokenMadeWithMfa_CountsAsItNoMoreWithoutAFactor(string provider, string act)
    {
        await using var server = await LoginServer.StartAsync(provider, postgreSql);
        var browser = await server.SignedInAsync();
        await browser.AddAuthenticatorAsync(server);
        var secret = await CreateAsync(server, server.User.Id);
        Assert.Contains("mfa", await AmrAsync(server, secret), StringComparison.Ordinal);
        var grace = await server.CreateUserAsync("grace@example.com", LoginServer.Password);
        var others = await CreateAsync(server, grace.Id);

        await DoAsync(server, browser, act);
        Assert.Equal("[\"pwd\"]", await AmrAsync(server, secret));
        Assert.Contains("mfa", await AmrAsync(server, others), StringComparison.Ordinal);
        Assert.True(await server.QueryAsync(c => c.Changes.AnyAsync(x => x.Kind == "api_token")));
        Assert.Equal(
            1, await server.QueryAsync(c => c.Sessions.CountAsync(s => s.RevokedAt == null && s.Amr.Contains("mfa")))); // Of the other account's token.
    }

    [Fact]
    public async Task SessionThatRemovedTheLastFactor_MakesNothingThatCountsAsMfa()
    {
        await using var server = await LoginServer.StartAsync();
        var browser = await server.SignedInAsync();
        await browser.AddAuthenticatorAsync(server);
        await DoAsync(server, browser, "factor removed");
        var page = await browser.SubmitAsync("/account/api-tokens", "/account/api-tokens", ("name", "ci"), ("days", "30"), ("access", "full"));
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.False((await server.QueryAsync(c => c.ApiTokens.SingleAsync())).HadMfaAtCreation);
        Assert.DoesNotContain("mfa", OAuthCalls.PayloadOf((await server.LogInWithBrowserAsync(browser)).Text("access_token"))["amr"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task OneOfTwoFactors_LeavesWhatTheOtherProves()
    {
        await using var server = await LoginServer.StartAsync();
        var browser = await server.SignedInAsync();
        await browser.AddAuthenticatorAsync(server);
        using var key = new SoftwareAuthenticator();
        await browser.AddPasskeyAsync(key);
        var secret = await CreateAsync(server, server.User.Id);
        await DoAsync(server, browser, "factor removed");
        Assert.Contains("mfa", await AmrAsync(server, secret), StringComparison.Ordinal);
        Assert.True(await server.QueryAsync(c => c.Sessions.AnyAsync(s => s.RevokedAt == null && s.ClientId == "browser" && s.Amr.Contains("mfa"))));
    }

    private static async Task DoAsync(LoginServer server, Browser browser, string act)
    {
        switch (act)
        {
            case "password":
                var changed = await browser.SubmitAsync(
                    "/account/password", "/account/password", ("present_password", LoginServer.Password), ("new_password", NewPassword));
                Assert.Equal("/account/password?done=1", changed.Headers.Location!.OriginalString);
                break;
            case "operator's password":
                Assert.True((await server.WithAccountsAsync(a => a.SetPasswordAsync(LoginServer.Email, NewPassword, confirms: false, Never))).IsDone);
                break;
            case "everywhere else":
                var ended = await browser.SubmitAsync("/account/ssh-keys", "/account/sessions/end-others");
                Assert.Equal("/account/sessions?ended=others", ended.Headers.Location!.OriginalString);
                break;
            case "factor removed":
                var removal = FactorCalls.AuthenticatorPage + "/remove";
                Assert.StartsWith(FactorCalls.SecurityPage, (await browser.SubmitFormAsync(removal, removal)).Headers.Location!.OriginalString, StringComparison.Ordinal);
                break;
            case "factors reset":
                Assert.True(await server.Services.GetRequiredService<FactorService>().ResetAsync("operator", server.User.Id, Never));
                break;
            default:
                Assert.True((await server.WithAccountsAsync(a => a.SetDisabledAsync(LoginServer.Email, true, Never))).IsDone);
                break;
        }
    }

    private static async Task<string> CreateAsync(LoginServer server, Guid userId) =>
        (await server.Services.GetRequiredService<ApiTokenService>().CreateAsync(
            new NewApiToken { UserId = userId, Name = "ci", HasMfa = true, Actor = "test" }, Never)).Secret;

    private static async Task<string> AmrAsync(LoginServer server, string secret)
    {
        var response = await server.TokenAsync(("grant_type", "api_token"), ("api_token", secret), ("client_id", "postern-cli"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return OAuthCalls.PayloadOf((await response.JsonAsync()).Text("access_token"))["amr"]!.ToJsonString();
    }

    private static async Task<SshApproval> ApproveAsync(LoginServer server, User user)
    {
        var organization = await server.AddOrganizationAsync(user.Id, "o-" + user.Id.ToString("N"));
        var blob = Guid.NewGuid().ToByteArray();
        var key = new SshKey
        {
            UserId = user.Id,
            Title = "laptop",
            Type = "ssh-ed25519",
            Blob = blob,
            Sha256Fingerprint = "SHA256:" + Convert.ToBase64String(blob),
            Md5Fingerprint = Convert.ToHexStringLower(blob),
            CreatedAt = server.Clock.GetUtcNow(),
        };
        await server.QueryAsync(c =>
        {
            c.SshKeys.Add(key);
            return c.SaveChangesAsync();
        });
        return await server.Services.GetRequiredService<SshApprovals>().AddAsync(
            new ApprovalScope(user.Id, key.Id, organization.Id, "192.0.2.7"), TimeSpan.FromHours(8), Never);
    }
}
