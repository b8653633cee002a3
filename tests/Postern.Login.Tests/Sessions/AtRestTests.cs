using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Postern.Directory.Approvals;
using Postern.Directory.Devices;
using Postern.Directory.Factors;
using Postern.Directory.People;
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
    public async Task Sweep_EmptiesEveryTableOfThingsThatExpire()
    {
        await _server.LogInAsync();
        var now = _server.Clock.GetUtcNow();
        var organization = await _server.AddOrganizationAsync(_server.User.Id);
        await _server.QueryAsync(c =>
        {
            c.Add(new MailLink { TokenHash = "a", Purpose = "password_reset", UserId = _server.User.Id, NormalizedEmail = "A", CreatedAt = now, ExpiresAt = now.AddHours(1) });
            c.Add(new QueuedMail { Id = Guid.NewGuid(), Kind = "password_reset", Recipient = "a@example.com", CreatedAt = now, DueAt = now.AddYears(1), ExpiresAt = now.AddHours(1) });
            c.Add(new SetupCode { CodeHash = "b", CreatedAt = now, ExpiresAt = now.AddDays(1) });
            c.Add(new UsedChallenge { Hash = "c", ExpiresAt = now.AddMinutes(5) });
            c.Add(new SshApproval { Id = Guid.NewGuid(), UserId = _server.User.Id, SshKeyId = 1, OrganizationId = organization.Id, Source = "192.0.2.7", CreatedAt = now, ExpiresAt = now.AddHours(8) });
            c.Add(new SshKey { Id = 1, UserId = _server.User.Id, Title = "", Type = "", Blob = [1], Sha256Fingerprint = "", Md5Fingerprint = "", CreatedAt = now });
            c.Add(new DeviceRequest { DeviceCodeHash = "d", UserCodeHash = "e", Requester = "postern-cli", Purpose = "", RequiredAmr = "", Amr = "", Scope = "", CreatedAt = now, ExpiresAt = now.AddMinutes(10) });
            return c.SaveChangesAsync();
        });
        var sweep = new ExpirySweep(_server.Contexts, _server.Clock, NullLogger<ExpirySweep>.Instance);
        await sweep.SweepAsync(CancellationToken.None);
        Assert.Equal(["authorization_codes", "device_requests", "mail_links", "queued_mails", "refresh_tokens", "sessions", "setup_codes", "ssh_approvals", "used_challenges"], await FilledAsync());
        _server.Clock.Advance(TimeSpan.FromDays(130));
        await sweep.SweepAsync(CancellationToken.None);
        Assert.Empty(await FilledAsync());
    }

    // What stays on purpose: people, and the record of invitations, certificates, tokens and events.
    private async Task<IReadOnlyList<string>> FilledAsync()
    {
        string[] kept = ["invitations", "issued_certificates", "api_tokens"];
        await using var context = await _server.Contexts.CreateDbContextAsync();
        var expiring = context.Model.GetEntityTypes()
            .Where(type => type.GetProperties().Any(p => p.Name is "ExpiresAt" or "AbsoluteExpiry"))
            .Select(type => type.GetTableName()!).Except(kept, StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        var filled = new List<string>();
        foreach (var table in expiring)
        {
#pragma warning disable EF1002 // The names are the model's own.
            if (await context.Database.SqlQueryRaw<int>($"SELECT COUNT(*) AS \"Value\" FROM {table}").SingleAsync() > 0)
#pragma warning restore EF1002
            {
                filled.Add(table);
            }
        }

        return filled;
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
