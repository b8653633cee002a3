using System.Net;
using Postern.Authority;
using Postern.Gateway.Connections;
using Postern.Gateway.Listening;
using Postern.Gateway.Tests.Testing;
using Postern.Ssh.Keys;
using Postern.Testing;

namespace Postern.Gateway.Tests.Listening;

/// <summary>Security 29, the gateway's own side: its host certificates follow the authority through a rotation, and time.</summary>
public class HostIdentityTests
{
    private static readonly CancellationToken Never = CancellationToken.None;

    [Fact]
    public async Task Rotation_GetsNewConnectionsACertificateOfTheNewAuthority()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var identity = fixture.Get<HostIdentity>();
        await identity.RenewAsync(Never);
        var before = Certificates(identity);
        var oldAuthority = Assert.Single(fixture.Authority.TrustedHostAuthorities);
        await fixture.Hosted<GrantWatch>().RecheckAsync(Never);
        Assert.Equal(before, Certificates(identity));

        await RotateElsewhereAsync(fixture);
        await fixture.Hosted<GrantWatch>().RecheckAsync(Never);

        var after = Certificates(identity);
        var newAuthority = fixture.Authority.TrustedHostAuthorities[0];
        Assert.NotEqual(oldAuthority, newAuthority);
        Assert.Equal(before.Select(c => c.Key), after.Select(c => c.Key));
        Assert.Equal(before.Select(c => c.Principals), after.Select(c => c.Principals));
        Assert.All(after, c => Assert.Equal(newAuthority, c.SignatureKey));

        // Old only, both and new only, as clients know them, for a gateway that has renewed and one that has not.
        foreach (var (trusted, old, @new) in new[]
        {
            (new[] { oldAuthority }, CertificateRefusal.None, CertificateRefusal.Untrusted),
            (new[] { oldAuthority, newAuthority }, CertificateRefusal.None, CertificateRefusal.None),
            (new[] { newAuthority }, CertificateRefusal.Untrusted, CertificateRefusal.None),
        })
        {
            Assert.All(before, c => Assert.Equal(old, Judge(fixture, c, trusted)));
            Assert.All(after, c => Assert.Equal(@new, Judge(fixture, c, trusted)));
        }

        // Nothing is signed again until something changes.
        await fixture.Hosted<GrantWatch>().RecheckAsync(Never);
        Assert.Equal(after, Certificates(identity));
    }

    // What a person sees who has fetched the new authority only: nothing, once the gateway has seen the rotation too.
    [Fact]
    public async Task Rotation_IsSeenByTheMachinesSsh()
    {
        await using var gateway = await ListeningGateway.StartAsync();
        Assert.Equal(0, (await gateway.SshAsync()).ExitCode);
        await RotateElsewhereAsync(gateway.Fixture);
        await gateway.Fixture.Authority.ReloadAsync(Never);
        var newest = gateway.Fixture.Authority.HostAuthorityLines(["*"])[0];
        await File.WriteAllTextAsync(Path.Combine(gateway.Fixture.Folder, "known_hosts"), newest + "\n");
        Assert.Contains("Host key verification failed", (await gateway.SshAsync()).Error, StringComparison.Ordinal);

        await gateway.Fixture.Hosted<GrantWatch>().RecheckAsync(Never);

        var after = await gateway.SshAsync();
        Assert.True(after.ExitCode == 0, after.Error);
    }

    [Fact]
    public async Task Rotation_WhoseKeyCannotBeUsed_LeavesThePresentCertificates()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var identity = fixture.Get<HostIdentity>();
        await identity.RenewAsync(Never);
        var before = Certificates(identity);
        await RotateElsewhereAsync(fixture);
        await fixture.RunSqlAsync("UPDATE authority_keys SET protected_private_key = x'00' WHERE purpose = 'host' AND state = 'active'");

        await fixture.Hosted<GrantWatch>().RecheckAsync(Never);

        Assert.Equal(before, Certificates(identity));
        Assert.NotEmpty(fixture.Log.Of(4015).Concat(fixture.Log.Of(4014)));
    }

    [Fact]
    public async Task Certificates_AreRenewedLongBeforeTheyEnd()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var identity = fixture.Get<HostIdentity>();
        await identity.StartAsync(Never);
        var before = Certificates(identity);
        Assert.True(HostIdentity.RenewalInterval * 2 < HostIdentity.Lifetime);

        await Programs.WaitUntilAsync(
            () =>
            {
                fixture.Clock.Advance(HostIdentity.RenewalInterval);
                return !Certificates(identity).SequenceEqual(before);
            },
            "the renewal");

        Assert.All(Certificates(identity), c => Assert.True(c.ValidBefore > before[0].ValidBefore));
        await identity.StopAsync(Never);
    }

    private static List<Certificate> Certificates(HostIdentity identity) =>
        [.. identity.Current.Select(key => Assert.IsType<Certificate>(key.Certificate))];

    private static CertificateRefusal Judge(GatewayFixture fixture, Certificate certificate, PublicKey[] trusted) =>
        CertificatePolicy.Decide(certificate, new CertificateUse
        {
            TrustedAuthorities = trusted,
            Type = CertificateType.Host,
            Now = fixture.Clock.GetUtcNow(),
            Principal = "127.0.0.1",
            SourceAddress = IPAddress.Loopback,
        }).Refusal;

    // As postern-server ca rotate does beside a running server, which shares only the database and the master key.
    private static async Task RotateElsewhereAsync(GatewayFixture fixture)
    {
        using var random = System.Security.Cryptography.RandomNumberGenerator.Create();
        using var elsewhere = new CertificateAuthority(
            fixture.Get<IAuthorityKeyStore>(),
            fixture.Get<ICertificateLedger>(),
            fixture.Get<MasterKey>(),
            fixture.Get<AuthorityConfig>(),
            fixture.Clock,
            random,
            Microsoft.Extensions.Logging.Abstractions.NullLogger<CertificateAuthority>.Instance);
        await elsewhere.InitializeAsync(Never);
        await elsewhere.RotateAsync(AuthorityPurpose.HostCertificates, Never);
    }
}
