using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Postern.Authority;
using Postern.Directory.Certificates;
using Postern.Directory.People;
using Postern.Directory.Routing;
using Postern.Directory.Sessions;
using Postern.Gateway.Authentication;
using Postern.Gateway.Connections;
using Postern.Gateway.Refusals;
using Postern.Gateway.Tests.Testing;
using Postern.Ssh.Connection;
using Postern.Ssh.Keys;
using Postern.Ssh.Server;
using Postern.Targets;
using Postern.Testing;
using StoredKey = Postern.Directory.Certificates.AuthorityKey;
using StoredState = Postern.Directory.Certificates.AuthorityKeyState;

namespace Postern.Gateway.Tests.Authentication;

/// <summary>Who a key or certificate belongs to. Numbers are those of the list of known mistakes of other servers.</summary>
public sealed class IdentifierTests : IDisposable
{
    private static readonly CancellationToken Never = CancellationToken.None;

    private readonly Ed25519PrivateKey _key = Ed25519PrivateKey.Generate();

    // Trusted by the Directory, and in the test's hand, so that it can sign what our Authority never would.
    private readonly Ed25519PrivateKey _careless = Ed25519PrivateKey.Generate();

    [Fact]
    public async Task Certificate_OfALiveSession_IsItsPerson()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var session = await fixture.NewSessionAsync(fixture.Alice);
        var certificate = await fixture.IssueAsync(fixture.Alice, session, _key.PublicKey);

        var proof = Assert.IsType<Identification.Known>(await IdentifyAsync(fixture, certificate)).Proof;

        Assert.Equal(fixture.Alice.Id, proof.Person.Id);
        Assert.Equal(session.Id, proof.SessionId);
        Assert.Null(proof.PlainKey);
        Assert.Equal((long)certificate.Serial, proof.Certificate!.Serial);
        Assert.True(await IsWorthTryingAsync(fixture, certificate));
    }

    [Fact]
    public async Task Certificate_OfAnotherAuthority_MeansNothingAndNothingIsSaid()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var certificate = Sign(await StatementAsync(fixture));

        Assert.IsType<Identification.Unknown>(await IdentifyAsync(fixture, certificate));
        Assert.False(await IsWorthTryingAsync(fixture, certificate));
        var outcome = await fixture.Get<GatewayAuthenticator>().AuthenticateAsync(
            GatewayFixture.Attempt(certificate, fixture.Service), Never);
        Assert.Null(Assert.IsType<AuthenticationOutcome.Refused>(outcome).Banner);
    }

    // 25: with no authority at all there is nothing to judge by, which is no fault.
    [Fact]
    public async Task Certificate_WhereThereIsNoAuthority_MeansNothing()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var certificate = await fixture.IssueAsync(fixture.Alice, await fixture.NewSessionAsync(fixture.Alice), _key.PublicKey);
        await fixture.RunSqlAsync("DELETE FROM authority_keys");
        await fixture.Authority.ReloadAsync(Never);

        Assert.Empty(fixture.Authority.TrustedUserAuthorities);
        Assert.IsType<Identification.Unknown>(await IdentifyAsync(fixture, certificate));
        Assert.False(await IsWorthTryingAsync(fixture, certificate));
    }

    [Fact]
    public async Task Certificate_OfTheHostAuthority_MeansNothing()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var issued = Assert.IsType<SigningOutcome.Issued>(await fixture.Authority.SignHostCertificateAsync(
            _key.PublicKey, ["127.0.0.1"], TimeSpan.FromHours(1), Never));

        Assert.IsType<Identification.Unknown>(await IdentifyAsync(fixture, issued.Certificate));
    }

    [Theory]
    [InlineData(3599, null)]
    [InlineData(3600, RefusalCode.CertificateExpired)]
    [InlineData(-60, null)]
    [InlineData(-61, RefusalCode.CertificateExpired)]
    public async Task Certificate_IsGoodOnlyInItsTime(int secondsLater, RefusalCode? code)
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var certificate = await fixture.IssueAsync(fixture.Alice, await fixture.NewSessionAsync(fixture.Alice), _key.PublicKey);
        fixture.Clock.Advance(TimeSpan.FromSeconds(secondsLater));

        AssertRefused(code, await IdentifyAsync(fixture, certificate));
    }

    [Theory]
    [InlineData("host")] // 17
    [InlineData("principal of another")] // 19
    [InlineData("comma")] // 19
    [InlineData("blank")] // 19
    [InlineData("wildcard")] // 20
    [InlineData("key id is nobody's")]
    [InlineData("unknown option")] // 22
    [InlineData("no command")] // 22
    [InlineData("command with NUL")] // 22
    [InlineData("flag with a value")] // 22
    [InlineData("serial beyond the ledger")]
    public async Task Certificate_ThatOurAuthorityWouldNotMake_IsRefused(string how)
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        await TrustCarelessAsync(fixture);
        var good = await StatementAsync(fixture);
        var id = good.KeyId;
        var statement = how switch
        {
            "host" => good with { Type = CertificateType.Host },
            "principal of another" => good with { Principals = [Guid.NewGuid().ToString()] },
            "comma" => good with { Principals = [$"{id},{Guid.NewGuid()}"] },
            "blank" => good with { Principals = [$" {id}"] },
            "wildcard" => good with { Principals = ["*"] },
            "key id is nobody's" => good with { KeyId = "alice", Principals = ["alice"] },
            "unknown option" => good with { CriticalOptions = [new CertificateOption("restrict@example.com", "")] },
            "no command" => good with { CriticalOptions = [new CertificateOption("force-command", "")] },
            "command with NUL" => good with { CriticalOptions = [new CertificateOption("force-command", "true\0false")] },
            "flag with a value" => good with { CriticalOptions = [new CertificateOption("verify-required", "no")] },
            _ => good with { Serial = ulong.MaxValue },
        };

        AssertRefused(RefusalCode.CertificateNotTrusted, await IdentifyAsync(fixture, Sign(statement)));
        Assert.IsType<Identification.Known>(await IdentifyAsync(fixture, Sign(good)));
    }

    [Fact]
    public async Task Certificate_WithoutPrincipals_IsRefused()
    {
        // 18: made by ssh-keygen, as our own builder refuses to.
        await using var fixture = await GatewayFixture.CreateAsync();
        await TrustCarelessAsync(fixture);
        var good = await StatementAsync(fixture);
        var authority = Path.Combine(fixture.Folder, "ca");
        await File.WriteAllBytesAsync(authority, OpenSshPrivateKeyFile.Write(_careless, "ca"));
        File.SetUnixFileMode(authority, UnixFileMode.UserRead);
        await File.WriteAllTextAsync(Path.Combine(fixture.Folder, "key.pub"), _key.PublicKey.ToAuthorizedKey());
        await Programs.ReadAsync(
            "ssh-keygen",
            ["-q", "-s", authority, "-I", good.KeyId, "-z", $"{good.Serial}", "-V", "20250101:20300101", Path.Combine(fixture.Folder, "key.pub")]);
        var certificate = Certificate.Parse(await File.ReadAllTextAsync(Path.Combine(fixture.Folder, "key-cert.pub")));

        Assert.Empty(certificate.Principals);
        AssertRefused(RefusalCode.CertificateNotTrusted, await IdentifyAsync(fixture, certificate));
    }

    [Theory]
    [InlineData("192.0.2.0/24", null)]
    [InlineData("198.51.100.0/24", RefusalCode.AddressNotAllowed)] // 9
    [InlineData("2001:db8::/32", RefusalCode.AddressNotAllowed)]
    public async Task Certificate_PinnedToAddresses_IsGoodOnlyThere(string pinned, RefusalCode? code)
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var certificate = await fixture.IssueAsync(fixture.Alice, await fixture.NewSessionAsync(fixture.Alice), _key.PublicKey, pinned);

        AssertRefused(code, await IdentifyAsync(fixture, certificate));
    }

    [Fact]
    public async Task Certificate_PinnedToNoAddressAtAll_IsGoodNowhere()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        await TrustCarelessAsync(fixture);
        var statement = await StatementAsync(fixture) with { CriticalOptions = [new CertificateOption("source-address", "")] };

        AssertRefused(RefusalCode.AddressNotAllowed, await IdentifyAsync(fixture, Sign(statement)));
    }

    // 9: what limits the certificate reaches the session, whatever is asked for.
    [Fact]
    public async Task Certificate_WithAForcedCommand_BindsItsSessionsAndPermitsWhatItLists()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        await TrustCarelessAsync(fixture);
        var statement = await StatementAsync(fixture);
        var bare = Sign(statement with { CriticalOptions = [new CertificateOption("force-command", "backup --all")] });
        var full = Sign(statement with
        {
            Extensions = [new CertificateOption("permit-pty", ""), new CertificateOption("permit-port-forwarding", ""), new CertificateOption("x@example.com", "")],
        });

        var (session, tunnel) = await OpenAsync(fixture, bare);
        Assert.Equal("backup --all", session.ForcedCommand);
        Assert.False(session.AllowsTerminal);
        Assert.Contains("PST-404", Assert.IsType<ChannelOpenDecision.Refused>(tunnel).PeerMessage, StringComparison.Ordinal);

        (session, tunnel) = await OpenAsync(fixture, full);
        Assert.Null(session.ForcedCommand);
        Assert.True(session.AllowsTerminal);
        Assert.IsType<ChannelOpenDecision.Accepted>(tunnel);
    }

    [Fact]
    public async Task Certificate_ThatIsNotRecorded_IsRefused()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var certificate = await fixture.IssueAsync(fixture.Alice, await fixture.NewSessionAsync(fixture.Alice), _key.PublicKey);
        await fixture.RunSqlAsync("DELETE FROM issued_certificates");

        AssertRefused(RefusalCode.CertificateNotTrusted, await IdentifyAsync(fixture, certificate));
    }

    [Theory]
    [InlineData("key")]
    [InlineData("person")]
    [InlineData("session of another")]
    public async Task Certificate_RecordedAsAnothers_IsRefused(string what)
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var certificate = await fixture.IssueAsync(fixture.Alice, await fixture.NewSessionAsync(fixture.Alice), _key.PublicKey);
        var olgas = await fixture.NewSessionAsync(fixture.Olga);
        await fixture.ChangeAsync<IssuedCertificate>(_ => true, row =>
        {
            row.KeyFingerprint = what == "key" ? _careless.PublicKey.Sha256Fingerprint : row.KeyFingerprint;
            row.UserId = what == "person" ? fixture.Olga.Id : row.UserId;
            row.SessionId = what == "session of another" ? olgas.Id : row.SessionId;
        });

        AssertRefused(RefusalCode.CertificateNotTrusted, await IdentifyAsync(fixture, certificate));
    }

    [Theory]
    [InlineData("certificate revoked", RefusalCode.SessionEnded)]
    [InlineData("session revoked", RefusalCode.SessionEnded)]
    [InlineData("session idle", RefusalCode.SessionEnded)]
    [InlineData("session gone", RefusalCode.SessionEnded)]
    [InlineData("person disabled", RefusalCode.AccountDisabled)]
    public async Task Certificate_WhoseGroundsAreGone_IsRefusedWithTheReason(string what, RefusalCode code)
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var now = fixture.Clock.GetUtcNow();
        var certificate = await fixture.IssueAsync(fixture.Alice, await fixture.NewSessionAsync(fixture.Alice), _key.PublicKey);
        await (what switch
        {
            "certificate revoked" => fixture.ChangeAsync<IssuedCertificate>(_ => true, c => c.RevokedAt = now),
            "session revoked" => fixture.ChangeAsync<Session>(_ => true, s => s.RevokedAt = now),
            "session idle" => fixture.ChangeAsync<Session>(_ => true, s => s.IdleExpiry = now),
            "session gone" => fixture.RunSqlAsync("DELETE FROM sessions"),
            _ => fixture.ChangeAsync<User>(u => u.Id == fixture.Alice.Id, u => u.IsDisabled = true),
        });

        var outcome = await fixture.Get<GatewayAuthenticator>().AuthenticateAsync(
            GatewayFixture.Attempt(certificate, fixture.Service), Never);

        Assert.Contains($"Code: PST-{(int)code}\n", Assert.IsType<AuthenticationOutcome.Refused>(outcome).Banner, StringComparison.Ordinal);
        Assert.Empty(await fixture.AuditAsync("ssh.connected"));
    }

    [Fact]
    public async Task Key_ThatIsRegistered_IsItsOwnerAndItsUseIsRecorded()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var registered = await fixture.RegisterKeyAsync(fixture.Alice, _key.PublicKey);
        var attempt = GatewayFixture.Attempt(_key.PublicKey, address: "203.0.113.9");

        Assert.True(await fixture.Get<Identifier>().IsWorthTryingAsync(attempt, Never));
        await using var context = await fixture.NewContextAsync();
        Assert.Null((await context.SshKeys.AsNoTracking().SingleAsync()).LastUsedAt);
        var proof = Assert.IsType<Identification.Known>(await fixture.Get<Identifier>().IdentifyAsync(attempt, Moment.Now, Never)).Proof;

        Assert.Equal(fixture.Alice.Id, proof.Person.Id);
        Assert.Null(proof.SessionId);
        Assert.Null(proof.Certificate);
        var row = await context.SshKeys.AsNoTracking().SingleAsync(k => k.Id == registered.Id);
        Assert.Equal(fixture.Clock.GetUtcNow(), row.LastUsedAt);
        Assert.Equal("203.0.113.9", row.LastUsedAddress);
    }

    [Fact]
    public async Task Key_ThatIsUnknownOrDeleted_MeansNothing()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var attempt = GatewayFixture.Attempt(_key.PublicKey, fixture.Service);
        Assert.IsType<Identification.Unknown>(await fixture.Get<Identifier>().IdentifyAsync(attempt, Moment.Now, Never));

        await fixture.RegisterKeyAsync(fixture.Alice, _key.PublicKey);
        await fixture.RunSqlAsync("DELETE FROM ssh_keys");

        Assert.False(await fixture.Get<Identifier>().IsWorthTryingAsync(attempt, Never));
        Assert.IsType<Identification.Unknown>(await fixture.Get<Identifier>().IdentifyAsync(attempt, Moment.Now, Never));
        Assert.Null(Assert.IsType<AuthenticationOutcome.Refused>(
            await fixture.Get<GatewayAuthenticator>().AuthenticateAsync(attempt, Never)).Banner);
    }

    [Fact]
    public async Task Rotation_LeavesOldCertificatesGoodUntilTheirAuthorityIsRetired()
    {
        // 29.
        await using var fixture = await GatewayFixture.CreateAsync();
        var session = await fixture.NewSessionAsync(fixture.Alice);
        var old = await fixture.IssueAsync(fixture.Alice, session, _key.PublicKey);
        var oldAuthority = fixture.Authority.Keys.Single(k => k.Purpose == AuthorityPurpose.UserCertificates);

        await fixture.Authority.RotateAsync(AuthorityPurpose.UserCertificates, Never);
        var fresh = await fixture.IssueAsync(fixture.Alice, session, _key.PublicKey);
        Assert.NotEqual(old.SignatureKey, fresh.SignatureKey);
        Assert.IsType<Identification.Known>(await IdentifyAsync(fixture, old));
        Assert.IsType<Identification.Known>(await IdentifyAsync(fixture, fresh));

        // By another process: this one learns of it when it loads the keys again.
        await fixture.ChangeAsync<StoredKey>(k => k.Id == oldAuthority.Id, k => k.State = StoredState.Retired);
        await fixture.Authority.ReloadAsync(Never);

        Assert.IsType<Identification.Unknown>(await IdentifyAsync(fixture, old));
        Assert.False(await IsWorthTryingAsync(fixture, old));
        Assert.IsType<Identification.Known>(await IdentifyAsync(fixture, fresh));
    }

    public void Dispose()
    {
        _key.Dispose();
        _careless.Dispose();
    }

    private static async Task<Identification> IdentifyAsync(GatewayFixture fixture, Certificate certificate) =>
        await fixture.Get<Identifier>().IdentifyAsync(GatewayFixture.Attempt(certificate), Moment.Now, Never);

    private static async Task<bool> IsWorthTryingAsync(GatewayFixture fixture, Certificate certificate) =>
        await fixture.Get<Identifier>().IsWorthTryingAsync(GatewayFixture.Attempt(certificate), Never);

    private static void AssertRefused(RefusalCode? code, Identification identification)
    {
        if (code is null)
        {
            Assert.IsType<Identification.Known>(identification);
        }
        else
        {
            Assert.Equal(code, Assert.IsType<Identification.Unusable>(identification).Refusal.Code);
        }
    }

    private static async Task<(SessionContext Session, ChannelOpenDecision Tunnel)> OpenAsync(GatewayFixture fixture, Certificate certificate)
    {
        var attempt = GatewayFixture.Attempt(certificate, fixture.Service);
        var outcome = await fixture.Get<GatewayAuthenticator>().AuthenticateAsync(attempt, Never);
        var connection = (GatewayConnection)Assert.IsType<AuthenticationOutcome.Accepted>(outcome).Handler;
        connection.OnAuthenticated(new SeenConnection(attempt.Connection));
        Assert.IsType<ChannelOpenDecision.Accepted>(await connection.OpenChannelAsync(new ChannelOpenRequest.Session(), Never));
        var tunnel = new ChannelOpenRequest.DirectTcpIp(SmallTarget.Relationship, 5432, "127.0.0.1", 40000);
        return (fixture.Target.Sessions.Last(), await connection.OpenChannelAsync(tunnel, Never));
    }

    private Certificate Sign(CertificateStatement statement)
    {
        using var random = RandomNumberGenerator.Create();
        return new CertificateBuilder(_careless, random).Sign(statement);
    }

    private async Task TrustCarelessAsync(GatewayFixture fixture)
    {
        await fixture.SaveAsync(new StoredKey
        {
            Id = Guid.NewGuid(),
            Purpose = "user",
            PublicKey = _careless.PublicKey.ToAuthorizedKey(),
            ProtectedPrivateKey = [],
            CreatedAt = fixture.Clock.GetUtcNow(),
            State = StoredState.Trusted,
        });
        await fixture.Authority.ReloadAsync(Never);
    }

    /// <summary>A statement that is good, and on record.</summary>
    private async Task<CertificateStatement> StatementAsync(GatewayFixture fixture)
    {
        var session = await fixture.NewSessionAsync(fixture.Alice);
        var now = fixture.Clock.GetUtcNow();
        var id = fixture.Alice.Id.ToString("D");
        await fixture.SaveAsync(new IssuedCertificate
        {
            Serial = 4711,
            KeyId = id,
            UserId = fixture.Alice.Id,
            SessionId = session.Id,
            TokenId = "t",
            Principals = id,
            KeyFingerprint = _key.PublicKey.Sha256Fingerprint,
            ValidAfter = now,
            ValidBefore = now.AddHours(1),
            IssuedAt = now,
        });
        return new CertificateStatement
        {
            Key = _key.PublicKey,
            Type = CertificateType.User,
            Serial = 4711,
            KeyId = id,
            Principals = [id],
            ValidAfter = (ulong)now.ToUnixTimeSeconds(),
            ValidBefore = (ulong)now.AddHours(1).ToUnixTimeSeconds(),
        };
    }
}
