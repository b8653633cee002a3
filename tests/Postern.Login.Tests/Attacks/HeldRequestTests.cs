using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Postern.Directory.Storage;
using Postern.Login.Sessions;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.Attacks;

/// <summary>
/// A thief keeps requests pending, with a stolen session and a body that does not come, until the owner has signed out
/// everywhere or set a new password; then the body comes.
/// </summary>
[Collection(DatabaseCollection.Name)]
public sealed class HeldRequestTests(PostgreSqlServer postgreSql)
{
    private const string NewPassword = "tramway otter violin";

    private static readonly CancellationToken Never = CancellationToken.None;

    [Theory]
    [InlineData("/account/ssh-keys")]
    [InlineData("/account/api-tokens")]
    [InlineData("/oauth2/authorize")]
    [InlineData("/device")]
    [InlineData("/account/password")]
    [InlineData("/account/close")]
    [InlineData("/account/organizations/{id}/invitations")]
    [InlineData("/account/organizations/{id}/machines")]
    public async Task Form_ThatComesAfterTheSignOut_DoesNothing(string path)
    {
        await using var server = await LoginServer.StartAsync();
        var organization = await server.AddOrganizationAsync(server.User.Id);
        var code = await server.BeginDeviceAsync();
        var url = path == "/oauth2/authorize" ? OAuthCalls.AuthorizeUrl() : path.Replace("{id}", organization.Id, StringComparison.Ordinal);
        var thief = await server.SignedInAsync();
        var page = await thief.PageAsync("/account/ssh-keys");
        var before = await CountAsync(server);
        var held = server.Hold("held");
        thief.Held = "held";
        var pending = thief.PostAsync(
            url,
            [.. Browser.HiddenFields(page), ("key", Keys.NewLine()), ("name", "ci"), ("days", ""), ("access", "full"), ("decision", "allow"),
                ("user_code", code.Text("user_code")), ("present_password", LoginServer.Password), ("new_password", NewPassword),
                ("email", "thief@example.com"), ("role", "owner")]);
        await held.Reading;
        await server.Services.GetRequiredService<SessionStore>().EndAllAsync(server.User.Id, null, SessionEnd.EndedByOwner, Never);
        held.Release();
        var answer = await pending;
        Assert.StartsWith("/login", answer.Headers.Location?.OriginalString ?? $"{answer.StatusCode}", StringComparison.Ordinal);
        Assert.Equal(before, await CountAsync(server));
        Assert.False(await server.QueryAsync(c => c.DeviceRequests.AnyAsync(r => r.IsApproved)));
        Assert.False(await server.QueryAsync(c => c.Sessions.AnyAsync(s => s.RevokedAt == null)));
        Assert.Equal(HttpStatusCode.SeeOther, (await server.Browser().SignInAsync()).StatusCode); // The password is the old one.
    }

    [Fact]
    public async Task ApiCall_WhoseBodyComesAfterTheSignOut_DoesNothing()
    {
        await using var server = await LoginServer.StartAsync();
        var tokens = await server.LogInAsync();
        var held = server.Hold("held");
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/users/{server.User.Id}/api-tokens")
        {
            Content = JsonContent.Create(new { name = "ci" }),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", tokens.Text("access_token"));
        request.Headers.Add(HeldBody.Header, "held");
        using var client = server.Client();
        var pending = client.SendAsync(request);
        await held.Reading;
        await server.Services.GetRequiredService<SessionStore>().EndAllAsync(server.User.Id, null, SessionEnd.EndedByOwner, Never);
        held.Release();
        Assert.Equal(HttpStatusCode.Unauthorized, (await pending).StatusCode);
        Assert.Equal(0, await server.QueryAsync(c => c.ApiTokens.CountAsync()));
    }

    [Theory]
    [InlineData(DirectoryOptions.Sqlite)]
    [InlineData(DirectoryOptions.PostgreSql)]
    public async Task SignInWithTheOldPassword_UnderWayWhileItChanges_BeginsNothing(string provider)
    {
        await using var server = await LoginServer.StartAsync(provider, postgreSql);
        server.Hasher.BeforeAnswer = () =>
        {
            server.Hasher.BeforeAnswer = null;
            var set = server.WithAccountsAsync(a => a.SetPasswordAsync(LoginServer.Email, NewPassword, confirms: false, Never)).GetAwaiter().GetResult();
            Assert.True(set.IsDone);
        };
        var thief = server.Browser();
        await thief.SignInAsync();
        Assert.Equal(HttpStatusCode.SeeOther, (await thief.GetAsync("/account")).StatusCode);
        Assert.False(await server.QueryAsync(c => c.Sessions.AnyAsync(s => s.RevokedAt == null)));
        Assert.Equal(HttpStatusCode.SeeOther, (await server.Browser().SignInAsync(password: NewPassword)).StatusCode);
    }

    [Fact]
    public async Task SignInWithThePasswordAlone_UnderWayWhileTheFirstFactorComes_BeginsNothing()
    {
        await using var server = await LoginServer.StartAsync();
        var owner = await server.SignedInAsync();
        server.Hasher.BeforeAnswer = () =>
        {
            server.Hasher.BeforeAnswer = null;
            owner.AddAuthenticatorAsync(server).GetAwaiter().GetResult();
        };
        var thief = server.Browser();
        await thief.SignInAsync();
        Assert.Equal(HttpStatusCode.SeeOther, (await thief.GetAsync("/account")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await owner.GetAsync("/account")).StatusCode);
        Assert.Equal(["pwd otp mfa"], await server.QueryAsync(c => c.Sessions.Where(s => s.RevokedAt == null).Select(s => s.Amr).ToListAsync()));
    }

    private static Task<(int Keys, int Tokens, int Codes, int Invitations, int Machines, int Users)> CountAsync(LoginServer server) =>
        server.QueryAsync(async c => (
            await c.SshKeys.CountAsync(), await c.ApiTokens.CountAsync(), await c.AuthorizationCodes.CountAsync(),
            await c.Invitations.CountAsync(), await c.MachineUsers.CountAsync(), await c.Users.CountAsync()));
}
