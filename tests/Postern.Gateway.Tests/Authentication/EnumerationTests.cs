using Postern.Directory.Projects;
using Postern.Gateway.Authentication;
using Postern.Gateway.Tests.Testing;
using Postern.Ssh.Keys;
using Postern.Ssh.Server;

namespace Postern.Gateway.Tests.Authentication;

/// <summary>
/// Security 15: before somebody is in, an answer does not tell what exists. The work that goes into it is compared by the
/// queries that the database gets, which no noise of a clock can hide.
/// </summary>
public sealed class EnumerationTests : IDisposable
{
    private const int QueryOfEntityFramework = 20101;
    private static readonly CancellationToken Never = CancellationToken.None;

    private readonly Ed25519PrivateKey _key = Ed25519PrivateKey.Generate();

    public void Dispose() => _key.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Key_ThatIsUnknown_GetsOneAnswerForOneAmountOfWork(bool isCertificate)
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        using var stranger = Ed25519PrivateKey.Generate();
        var answers = new HashSet<(bool, string?, int, int)>();
        foreach (var service in Services(fixture))
        {
            var attempt = isCertificate
                ? GatewayFixture.Attempt(Forge(stranger, fixture.Alice.Id.ToString()), service)
                : GatewayFixture.Attempt(_key.PublicKey, service);
            var before = fixture.Log.Of(QueryOfEntityFramework).Count;
            var isWorthTrying = await fixture.Get<GatewayAuthenticator>().IsKeyWorthTryingAsync(attempt, Never);
            var queries = fixture.Log.Of(QueryOfEntityFramework).Count - before;
            var outcome = Assert.IsType<AuthenticationOutcome.Refused>(await fixture.Get<GatewayAuthenticator>().AuthenticateAsync(attempt, Never));
            answers.Add((isWorthTrying, outcome.Banner, queries, fixture.Log.Of(QueryOfEntityFramework).Count - before - queries));
        }

        Assert.Equal((false, null, isCertificate ? 0 : 1, isCertificate ? 0 : 1), Assert.Single(answers));
    }

    // A key of somebody's is worth trying for any name, for its owner is who it is.
    [Fact]
    public async Task Key_ThatIsKnown_IsWorthTryingForAnyName()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        await fixture.RegisterKeyAsync(fixture.Alice, _key.PublicKey);
        foreach (var service in Services(fixture))
        {
            Assert.True(await fixture.Get<GatewayAuthenticator>().IsKeyWorthTryingAsync(GatewayFixture.Attempt(_key.PublicKey, service), Never));
        }
    }

    // Somebody with a key but without a role learns nothing by asking for projects, environments or apps that exist.
    [Fact]
    public async Task Project_ThatIsForbidden_TakesTheWordsAndTheWorkOfOneThatDoesNotExist()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        await fixture.RunSqlAsync("DELETE FROM project_members");
        await fixture.RegisterKeyAsync(fixture.Alice, _key.PublicKey);
        var other = ProjectId.Create();
        var answers = new HashSet<(string, int)>();

        // What is asked about the key itself is remembered from the first time on.
        await fixture.Get<GatewayAuthenticator>().AuthenticateAsync(GatewayFixture.Attempt(_key.PublicKey, "root"), Never);
        foreach (var service in new[]
        {
            fixture.Service, fixture.ServiceOf("nothere"), fixture.ServiceOf("app--7"), $"{fixture.Project.Id}-other-aaaaaaa--app",
            fixture.Service.Replace(fixture.Project.Id, other, StringComparison.Ordinal),
        })
        {
            var before = fixture.Log.Of(QueryOfEntityFramework).Count;
            var outcome = await fixture.Get<GatewayAuthenticator>().AuthenticateAsync(GatewayFixture.Attempt(_key.PublicKey, service), Never);
            var banner = Assert.IsType<AuthenticationOutcome.Refused>(outcome).Banner!;
            answers.Add((banner.Replace(service, "SERVICE", StringComparison.Ordinal), fixture.Log.Of(QueryOfEntityFramework).Count - before));
        }

        Assert.Contains("PST-101", Assert.Single(answers).Item1, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Services(GatewayFixture fixture) =>
        [fixture.Service, fixture.ServiceOf("nothere"), $"{fixture.Project.Id}-other-aaaaaaa--app", "zzzzzzzzzzzzz-main-bvxea6i--app", "root", "alice", "", "a\0b"];

    private Certificate Forge(Ed25519PrivateKey authority, string person)
    {
        using var random = System.Security.Cryptography.RandomNumberGenerator.Create();
        return new CertificateBuilder(authority, random).Sign(new CertificateStatement
        {
            Key = _key.PublicKey,
            Type = CertificateType.User,
            Serial = 1,
            KeyId = person,
            Principals = [person],
            ValidAfter = 0,
            ValidBefore = ulong.MaxValue,
        });
    }
}
