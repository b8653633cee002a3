using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Postern.Directory.Storage;
using Postern.Login.Sessions;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.Sessions;

/// <summary>What lies in the database, and what is swept out of it.</summary>
public sealed class AtRestTests : IAsyncLifetime
{
    private LoginServer _server = null!;

    public async Task InitializeAsync() => _server = await LoginServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task DataProtectionKeys_AreEncryptedUnderTheMasterKey()
    {
        await _server.LogInAsync();
        var xml = await _server.QueryAsync(c => c.DataProtectionKeys.Select(k => k.Xml).SingleAsync());
        Assert.Contains("masterKeyEncrypted", xml, StringComparison.Ordinal);
        Assert.DoesNotContain("<masterKey ", xml, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SigningKey_IsEncrypted()
    {
        await _server.LogInAsync();
        var row = await _server.QueryAsync(c => c.SigningKeys.SingleAsync());
        using var key = ECDsa.Create();
        Assert.ThrowsAny<CryptographicException>(() => key.ImportPkcs8PrivateKey(row.ProtectedKey, out _));
    }

    [Fact]
    public async Task Sweep_RemovesOnlyWhatEndedLongAgo()
    {
        var tokens = await _server.LogInAsync();
        var sweep = new ExpirySweep(
            _server.Services.GetRequiredService<IDbContextFactory<DirectoryContext>>(), _server.Clock, NullLogger<ExpirySweep>.Instance);
        await sweep.SweepAsync(CancellationToken.None);
        Assert.Equal((1, 2), await CountAsync());
        Assert.Equal(System.Net.HttpStatusCode.OK, (await _server.RefreshAsync(tokens.Text("refresh_token"))).StatusCode);
        _server.Clock.Advance(TimeSpan.FromDays(2));
        await sweep.SweepAsync(CancellationToken.None);
        Assert.Equal((0, 2), await CountAsync());
        _server.Clock.Advance(TimeSpan.FromDays(98));
        await sweep.SweepAsync(CancellationToken.None);
        Assert.Equal((0, 0), await CountAsync());
        Assert.Equal(0, await _server.QueryAsync(c => c.RefreshTokens.CountAsync()));
    }

    [Fact]
    public void Options_AllFaultsAtOnce()
    {
        var faults = new LoginOptions
        {
            Issuer = "https://postern.example/",
            AccessTokenLifetime = TimeSpan.Zero,
            AuthorizationCodeLifetime = TimeSpan.FromHours(1),
            LockoutThreshold = 0,
        }.FindFaults();
        Assert.Equal(4, faults.Count);
        Assert.Throws<ArgumentException>(() => new ServiceCollection().AddPosternLogin(new LoginOptions { Issuer = "ftp://x" }));
    }

    private async Task<(int Codes, int Sessions)> CountAsync() =>
        (await _server.QueryAsync(c => c.AuthorizationCodes.CountAsync()), await _server.QueryAsync(c => c.Sessions.CountAsync()));
}
