using Postern.Authority;
using Postern.Gateway.Authentication;
using Postern.Gateway.Connections;
using Postern.Gateway.Refusals;
using Postern.Gateway.Tests.Testing;
using Postern.Ssh.Connection;
using Postern.Ssh.Keys;
using Postern.Ssh.Server;
using Postern.Testing;

namespace Postern.Gateway.Tests.Authentication;

/// <summary>The operator's revocation list: whom it keeps out, whom it ends, and what happens when it cannot be read.</summary>
public sealed class RevokedKeysTests : IDisposable
{
    private static readonly CancellationToken Never = CancellationToken.None;
    private static readonly ChannelOpenRequest Session = new ChannelOpenRequest.Session();

    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("postern-krl-").FullName;
    private readonly Ed25519PrivateKey _key = Ed25519PrivateKey.Generate();

    private string ListFile => Path.Combine(_folder, "revoked.krl");

    public void Dispose()
    {
        _key.Dispose();
        System.IO.Directory.Delete(_folder, recursive: true);
    }

    // Security 24: revoked by key, serial, key id and authority, all honoured at once.
    [Theory]
    [InlineData("key")]
    [InlineData("fingerprint")]
    [InlineData("serial")]
    [InlineData("serial of any authority")]
    [InlineData("key id")]
    [InlineData("authority")]
    public async Task Certificate_OnTheList_DoesNotGetIn(string how)
    {
        await using var fixture = await StartAsync(new RevocationListBuilder());
        var certificate = await fixture.IssueAsync(fixture.Alice, await fixture.NewSessionAsync(fixture.Alice), _key.PublicKey);
        var builder = new RevocationListBuilder().RevokeSerials(null, 1, 1).RevokeKeyId(null, "nobody");
        _ = how switch
        {
            "key" => builder.RevokeKey(_key.PublicKey),
            "fingerprint" => builder.RevokeFingerprint(System.Security.Cryptography.SHA256.HashData(_key.PublicKey.Blob.Span)),
            "serial" => builder.RevokeSerials(certificate.SignatureKey, certificate.Serial, certificate.Serial),
            "serial of any authority" => builder.RevokeSerials(null, certificate.Serial, certificate.Serial),
            "key id" => builder.RevokeKeyId(certificate.SignatureKey, fixture.Alice.Id.ToString()),
            _ => builder.RevokeKey(certificate.SignatureKey),
        };
        await AssertEntersAsync(fixture, GatewayFixture.Attempt(certificate, fixture.Service));
        Write(builder);
        await CheckAsync(fixture);

        await AssertRefusedAsync(fixture, GatewayFixture.Attempt(certificate, fixture.Service), RefusalCode.KeyRevoked);
        var olgas = await fixture.IssueAsync(fixture.Olga, await fixture.NewSessionAsync(fixture.Olga), fixture.HostKeys[0].PublicKey);
        if (how != "authority")
        {
            await AssertEntersAsync(fixture, GatewayFixture.Attempt(olgas, fixture.Service));
        }
    }

    [Fact]
    public async Task PlainKey_OnTheList_DoesNotGetInAndItsUseIsNotRecorded()
    {
        await using var fixture = await StartAsync(new RevocationListBuilder().RevokeKey(_key.PublicKey));
        await fixture.RegisterKeyAsync(fixture.Alice, _key.PublicKey);

        await AssertRefusedAsync(fixture, GatewayFixture.Attempt(_key.PublicKey, fixture.Service), RefusalCode.KeyRevoked);
        await fixture.ChangeAsync<Directory.People.SshKey>(_ => true, key => Assert.Null(key.LastUsedAt));
    }

    // Nobody may find out which keys are on the list without having one of them.
    [Fact]
    public async Task Key_ThatNobodyRegistered_HearsNothingOfTheList()
    {
        await using var fixture = await StartAsync(new RevocationListBuilder().RevokeKey(_key.PublicKey));

        var outcome = await fixture.Get<GatewayAuthenticator>().AuthenticateAsync(GatewayFixture.Attempt(_key.PublicKey, fixture.Service), Never);

        Assert.Null(Assert.IsType<AuthenticationOutcome.Refused>(outcome).Banner);
    }

    // Security 28: with the interval of the check and the recheck that it asks for, within five seconds.
    [Theory]
    [InlineData("key")]
    [InlineData("serial")]
    [InlineData("key id")]
    [InlineData("authority")]
    public async Task Connection_WhoseCertificateIsRevoked_EndsAndNoOther(string how)
    {
        await using var fixture = await StartAsync(new RevocationListBuilder());
        var alice = await fixture.ConnectAsync(fixture.Alice);
        var proof = alice.Connection.Grant.Proof;
        await fixture.Authority.RotateAsync(Authority.AuthorityPurpose.UserCertificates, Never);
        var olga = await fixture.ConnectAsync(fixture.Olga);
        var watch = fixture.Hosted<GrantWatch>();
        var revoked = fixture.Get<RevokedKeys>();
        await revoked.StartAsync(Never);
        await watch.StartAsync(Never);
        var builder = new RevocationListBuilder();
        Write(how switch
        {
            "key" => builder.RevokeKey(proof.Key!),
            "serial" => builder.RevokeSerials(proof.Certificate!.Authority, (ulong)proof.Certificate.Serial, (ulong)proof.Certificate.Serial),
            "key id" => builder.RevokeKeyId(null, proof.Certificate!.KeyId),
            _ => builder.RevokeKey(proof.Certificate!.Authority),
        });

        await Programs.WaitUntilAsync(
            () =>
            {
                fixture.Clock.Advance(RevokedKeys.CheckInterval);
                return alice.Seen.Goodbyes.Count > 0;
            },
            "the end of the connection");

        Assert.Contains("PST-206", alice.Seen.Goodbyes[0], StringComparison.Ordinal);
        Assert.Empty(olga.Seen.Goodbyes);
        await watch.StopAsync(Never);
        await revoked.StopAsync(Never);
    }

    // Security 58: a shared master connection is judged at every new channel.
    [Fact]
    public async Task Channel_OfARevokedKey_IsNotOpened()
    {
        await using var fixture = await StartAsync(new RevocationListBuilder());
        var alice = await fixture.ConnectAsync(fixture.Alice);
        Assert.IsType<ChannelOpenDecision.Accepted>(await alice.Connection.OpenChannelAsync(Session, Never));
        Write(new RevocationListBuilder().RevokeKey(alice.Connection.Grant.Proof.Key!));
        await CheckAsync(fixture);

        var refused = Assert.IsType<ChannelOpenDecision.Refused>(await alice.Connection.OpenChannelAsync(Session, Never));

        Assert.Contains("PST-206", refused.PeerMessage, StringComparison.Ordinal);
    }

    // Security 24: failing closed. Whoever is in stays, and is still subject to the last list that could be read.
    [Theory]
    [InlineData("gone")]
    [InlineData("empty")]
    [InlineData("cut")]
    [InlineData("nonsense")]
    [InlineData("grown")]
    [InlineData("signed")]
    [InlineData("a folder")]
    [InlineData("too large")]
    [InlineData("may not be read")]
    public async Task List_ThatCannotBeUsed_KeepsNewcomersOutAndEndsNobody(string how)
    {
        using var second = Ed25519PrivateKey.Generate();
        await using var fixture = await StartAsync(new RevocationListBuilder().RevokeKey(second.PublicKey));
        await fixture.RegisterKeyAsync(fixture.Olga, _key.PublicKey);
        var alice = await fixture.ConnectAsync(fixture.Alice);
        var certificate = await fixture.IssueAsync(fixture.Alice, alice.Session, fixture.HostKeys[0].PublicKey);
        var good = await File.ReadAllBytesAsync(ListFile);
        Damage(how, good);
        await CheckAsync(fixture);
        await CheckAsync(fixture);

        await AssertRefusedAsync(fixture, GatewayFixture.Attempt(certificate, fixture.Service), RefusalCode.RevocationUnknown);
        await AssertRefusedAsync(fixture, GatewayFixture.Attempt(_key.PublicKey, fixture.Service), RefusalCode.RevocationUnknown);
        await fixture.Hosted<GrantWatch>().RecheckAsync(Never);
        Assert.Empty(alice.Seen.Goodbyes);
        Assert.IsType<ChannelOpenDecision.Accepted>(await alice.Connection.OpenChannelAsync(Session, Never));
        var line = Assert.Single(fixture.Log.Of(4051));
        Assert.Contains(ListFile, line, StringComparison.Ordinal);
        Assert.Contains("ssh-keygen -k", line, StringComparison.Ordinal);

        Repair(good);
        await CheckAsync(fixture);
        await AssertEntersAsync(fixture, GatewayFixture.Attempt(certificate, fixture.Service));
        await AssertEntersAsync(fixture, GatewayFixture.Attempt(_key.PublicKey, fixture.Service));
    }

    [Fact]
    public async Task List_ThatWasNeverThere_KeepsEverybodyOutFromTheStart()
    {
        await using var fixture = await GatewayFixture.CreateAsync(new GatewayConfig { Listen = [], RevokedKeysFile = ListFile });
        await fixture.RegisterKeyAsync(fixture.Alice, _key.PublicKey);
        var attempt = GatewayFixture.Attempt(_key.PublicKey, fixture.Service);
        await AssertRefusedAsync(fixture, attempt, RefusalCode.RevocationUnknown);

        await fixture.Get<RevokedKeys>().StartAsync(Never);
        await AssertRefusedAsync(fixture, attempt, RefusalCode.RevocationUnknown);
        Assert.Single(fixture.Log.Of(4051));
        await fixture.Get<RevokedKeys>().StopAsync(Never);
    }

    // A device or pipe that never answers must not leave the old list in force.
    [Fact]
    public async Task List_ThatBlocks_CountsAsUnreadable()
    {
        await using var fixture = await StartAsync(new RevocationListBuilder());
        await fixture.RegisterKeyAsync(fixture.Alice, _key.PublicKey);
        File.Delete(ListFile);
        await Programs.ReadAsync("mkfifo", [ListFile]);

        var check = CheckAsync(fixture);
        await Programs.WaitUntilAsync(
            () =>
            {
                fixture.Clock.Advance(RevokedKeysReader.Timeout);
                return check.IsCompleted;
            },
            "the end of the wait");

        await AssertRefusedAsync(fixture, GatewayFixture.Attempt(_key.PublicKey, fixture.Service), RefusalCode.RevocationUnknown);
        Assert.Contains("in time", Assert.Single(fixture.Log.Of(4051)), StringComparison.Ordinal);

        // Whoever opens the other end lets the reader go.
        File.OpenHandle(ListFile, FileMode.Open, FileAccess.Write).Dispose();
    }

    [Theory]
    [InlineData("written over")]
    [InlineData("moved into place")]
    public async Task List_OfTheSameSizeAndTime_IsSeenToBeAnother(string how)
    {
        using var second = Ed25519PrivateKey.Generate();
        await using var fixture = await StartAsync(new RevocationListBuilder().RevokeKey(second.PublicKey));
        await fixture.RegisterKeyAsync(fixture.Alice, _key.PublicKey);
        var written = File.GetLastWriteTimeUtc(ListFile);
        await CheckAsync(fixture);
        await CheckAsync(fixture);
        var other = ListFile + ".new";
        await File.WriteAllBytesAsync(
            how == "written over" ? ListFile : other,
            new RevocationListBuilder().RevokeKey(_key.PublicKey).Write(1, DateTimeOffset.UnixEpoch));
        File.SetLastWriteTimeUtc(how == "written over" ? ListFile : other, written);
        if (how == "moved into place")
        {
            File.Move(other, ListFile, overwrite: true);
        }

        await CheckAsync(fixture);

        await AssertRefusedAsync(fixture, GatewayFixture.Attempt(_key.PublicKey, fixture.Service), RefusalCode.KeyRevoked);
    }

    [Fact]
    public async Task List_ThatStaysTheSame_IsSaidOnceAndAsksForNoRecheck()
    {
        await using var fixture = await StartAsync(new RevocationListBuilder());
        await fixture.Live.WaitForWishAsync(Never);
        for (var i = 0; i < 5; i++)
        {
            await CheckAsync(fixture);
        }

        Assert.Single(fixture.Log.Of(4050));
        Assert.False(fixture.Live.WaitForWishAsync(Never).IsCompleted);
    }

    // As operators make it, with the tools they have.
    [Fact]
    public async Task List_ByKeygen_KeepsItsKeyOut()
    {
        await using var fixture = await StartAsync(new RevocationListBuilder());
        await fixture.RegisterKeyAsync(fixture.Alice, _key.PublicKey);
        var key = Path.Combine(_folder, "key.pub");
        await File.WriteAllTextAsync(key, _key.PublicKey.ToAuthorizedKey());
        await Programs.ReadAsync("ssh-keygen", ["-q", "-k", "-f", ListFile, key]);
        await CheckAsync(fixture);

        await AssertRefusedAsync(fixture, GatewayFixture.Attempt(_key.PublicKey, fixture.Service), RefusalCode.KeyRevoked);
    }

    private static Task CheckAsync(GatewayFixture fixture) => fixture.Get<RevokedKeys>().CheckAsync(Never);

    private static async Task AssertEntersAsync(GatewayFixture fixture, PublicKeyAttempt attempt) =>
        Assert.IsType<AuthenticationOutcome.Accepted>(await fixture.Get<GatewayAuthenticator>().AuthenticateAsync(attempt, Never));

    private static async Task AssertRefusedAsync(GatewayFixture fixture, PublicKeyAttempt attempt, RefusalCode code)
    {
        var outcome = await fixture.Get<GatewayAuthenticator>().AuthenticateAsync(attempt, Never);
        Assert.Contains($"Code: PST-{(int)code}\n", Assert.IsType<AuthenticationOutcome.Refused>(outcome).Banner, StringComparison.Ordinal);
    }

    private async Task<GatewayFixture> StartAsync(RevocationListBuilder list)
    {
        Write(list);
        var fixture = await GatewayFixture.CreateAsync(new GatewayConfig { Listen = [], RevokedKeysFile = ListFile });
        await CheckAsync(fixture);
        return fixture;
    }

    private void Write(RevocationListBuilder list) => File.WriteAllBytes(ListFile, list.Write(1, DateTimeOffset.UnixEpoch));

    private void Damage(string how, byte[] good)
    {
        switch (how)
        {
            case "gone":
                File.Delete(ListFile);
                break;
            case "a folder":
                File.Delete(ListFile);
                System.IO.Directory.CreateDirectory(ListFile);
                break;
            case "may not be read":
                // Root may read everything, but not through a link that leads in a circle.
                File.Delete(ListFile);
                File.CreateSymbolicLink(ListFile, ListFile);
                break;
            case "too large":
                using (var file = File.OpenWrite(ListFile))
                {
                    file.SetLength(RevocationLimits.File + 1);
                }

                break;
            default:
                File.WriteAllBytes(ListFile, how switch
                {
                    "empty" => [],
                    "cut" => good[..^1],
                    "grown" => [.. good, 0],
                    "signed" => [.. good, 4, 0, 0, 0, 0, 0, 0, 0, 0],
                    _ => "ssh-ed25519 AAAA\n"u8.ToArray(),
                });
                break;
        }
    }

    private void Repair(byte[] good)
    {
        if (System.IO.Directory.Exists(ListFile))
        {
            System.IO.Directory.Delete(ListFile);
        }

        File.Delete(ListFile);
        File.WriteAllBytes(ListFile, good);
    }
}
