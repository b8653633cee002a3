using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.EntityFrameworkCore;
using Postern.Login.Tests.Testing;
using Postern.Login.Tokens;

namespace Postern.Login.Tests.Tokens;

/// <summary>How the keys of access tokens change, by time and by command.</summary>
public sealed class SigningKeyTests : IAsyncLifetime
{
    private LoginServer _server = null!;

    private SigningKeyService Service => (SigningKeyService)_server.Services.GetService(typeof(SigningKeyService))!;

    public async Task InitializeAsync() => _server = await LoginServer.StartAsync(new LoginOptions
    {
        Issuer = LoginServer.Issuer,
        SigningKeyLifetime = TimeSpan.FromDays(1),
        AccessTokenLifetime = TimeSpan.FromHours(1),
    });

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Key_IsPublishedBeforeItSigns_AndUntilItsLastTokenHasExpired()
    {
        var tokens = await _server.LogInAsync();
        var first = KeyOf(tokens);
        Assert.Equal([first], await PublishedAsync());

        _server.Clock.Advance(TimeSpan.FromDays(1));
        tokens = await RefreshAsync(tokens);
        Assert.Equal(first, KeyOf(tokens));
        var published = await PublishedAsync();
        Assert.Equal(2, published.Count);
        var second = published[0];
        Assert.NotEqual(first, second);

        _server.Clock.Advance(SigningKeyRing.PublishedBefore - TimeSpan.FromSeconds(1));
        tokens = await RefreshAsync(tokens);
        Assert.Equal(first, KeyOf(tokens));
        var last = tokens.Text("access_token");
        _server.Clock.Advance(TimeSpan.FromSeconds(1));
        tokens = await RefreshAsync(tokens);
        Assert.Equal(second, KeyOf(tokens));

        _server.Clock.Advance(TimeSpan.FromHours(1) - TimeSpan.FromSeconds(2));
        Assert.Equal(HttpStatusCode.OK, (await _server.WhoAmIAsync(last)).StatusCode);
        Assert.Equal([second, first], await PublishedAsync());
        _server.Clock.Advance(TimeSpan.FromMinutes(11));
        Assert.Equal([second], await PublishedAsync());
        Assert.Equal(1, await _server.QueryAsync(c => c.SigningKeys.CountAsync(k => k.RetiredAt != null)));
    }

    [Fact]
    public async Task OperatorsRotation_IsAnnouncedFirst()
    {
        var tokens = await _server.LogInAsync();
        var first = KeyOf(tokens);
        _server.Clock.Advance(TimeSpan.FromSeconds(1));
        await Service.RotateAsync(isOldRevoked: false, CancellationToken.None);
        Assert.Equal([SigningKeyUse.SignsSoon, SigningKeyUse.Signs], (await Service.ListAsync(CancellationToken.None)).Select(k => k.Use));
        Assert.Equal(first, KeyOf(await _server.LogInAsync()));
        _server.Clock.Advance(SigningKeyRing.PublishedBefore);
        Assert.Equal([SigningKeyUse.Signs, SigningKeyUse.Verifies], (await Service.ListAsync(CancellationToken.None)).Select(k => k.Use));
        Assert.NotEqual(first, KeyOf(await _server.LogInAsync()));
        Assert.Equal(HttpStatusCode.OK, (await _server.WhoAmIAsync(tokens.Text("access_token"))).StatusCode);
    }

    [Fact]
    public async Task RevokedKey_CountsNoMoreWithinSeconds_AndSessionsGoOn()
    {
        var tokens = await _server.LogInAsync();
        await Service.RotateAsync(isOldRevoked: true, CancellationToken.None);
        _server.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(HttpStatusCode.Unauthorized, (await _server.WhoAmIAsync(tokens.Text("access_token"))).StatusCode);
        var renewed = await RefreshAsync(tokens);
        Assert.NotEqual(KeyOf(tokens), KeyOf(renewed));
        Assert.Equal(HttpStatusCode.OK, (await _server.WhoAmIAsync(renewed.Text("access_token"))).StatusCode);
        Assert.Single(await PublishedAsync());
    }

    [Fact]
    public async Task InventedKeyIds_DoNotBecomeQueries()
    {
        var genuine = (await _server.LogInAsync()).Text("access_token");
        await _server.WhoAmIAsync(genuine);
        await _server.WaitForFirstLookAsync();
        var before = _server.Log.StatementCount;
        for (var i = 0; i < 50; i++)
        {
            var header = WebEncoders.Base64UrlEncode(System.Text.Encoding.ASCII.GetBytes($"{{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"k{i}\"}}"));
            await _server.WhoAmIAsync(header + "." + string.Join('.', genuine.Split('.')[1..]));
        }

        Assert.InRange(_server.Log.StatementCount - before, 0, 2);
    }

    private static string KeyOf(JsonObject tokens) =>
        JsonNode.Parse(WebEncoders.Base64UrlDecode(tokens.Text("access_token").Split('.')[0]))!["kid"]!.GetValue<string>();

    private async Task<JsonObject> RefreshAsync(JsonObject tokens) => await (await _server.RefreshAsync(tokens.Text("refresh_token"))).JsonAsync();

    private async Task<List<string>> PublishedAsync()
    {
        using var client = _server.Client();
        var keys = (await (await client.GetAsync("/oauth2/keys")).JsonAsync())["keys"]!.AsArray();
        return [.. keys.Select(k => k!["kid"]!.GetValue<string>())];
    }
}
