using Postern.Directory.Certificates;
using Postern.Directory.Organizations;
using Postern.Directory.People;
using Postern.Directory.Projects;
using Postern.Directory.Routing;
using Postern.Gateway.Authentication;
using Postern.Gateway.Refusals;
using Postern.Gateway.Routing;
using Postern.Gateway.Tests.Testing;
using Postern.Ssh.Keys;

namespace Postern.Gateway.Tests.Routing;

public class GrantDeciderTests
{
    private static readonly CancellationToken Never = CancellationToken.None;

    [Theory]
    [InlineData("app", 0)]
    [InlineData("app--0", 0)]
    [InlineData("app--1", 1)]
    public async Task Contributor_EntersTheAppAndItsInstances(string rest, int instance)
    {
        await using var fixture = await GatewayFixture.CreateAsync();

        var grant = (await fixture.DecideAsync(fixture.Alice, fixture.ServiceOf(rest))).Grant;

        Assert.NotNull(grant);
        Assert.Equal(instance, grant.Instance);
        Assert.Equal("app", grant.App.QualifiedName);
        Assert.Equal("tree-1", grant.Environment.TreeId);
    }

    [Theory]
    [InlineData("app--2", RefusalCode.NoSuchInstance, "0, 1")]
    [InlineData("app--9999", RefusalCode.NoSuchInstance, "0, 1")]
    [InlineData("other", RefusalCode.NoSuchService, "postern apps")]
    [InlineData("app--other", RefusalCode.NoSuchService, "postern apps")]
    [InlineData("app--queue", RefusalCode.RoleTooLow, "administrator")]
    [InlineData("", RefusalCode.NoSuchService, "postern projects")]
    public async Task Contributor_IsToldWhyElsewhereIsClosed(string rest, RefusalCode code, string fix)
    {
        await using var fixture = await GatewayFixture.CreateAsync();

        var refusal = (await fixture.DecideAsync(fixture.Alice, fixture.ServiceOf(rest))).Refusal;

        Assert.Equal(code, refusal?.Code);
        Assert.Contains(fix, refusal!.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Owner_EntersTheWorker()
    {
        await using var fixture = await GatewayFixture.CreateAsync();

        Assert.Equal("queue", (await fixture.DecideAsync(fixture.Olga, fixture.ServiceOf("app--queue--0"))).Grant?.App.Worker);
        Assert.Equal(
            RefusalCode.NoSuchInstance, (await fixture.DecideAsync(fixture.Olga, fixture.ServiceOf("app--queue--1"))).Refusal?.Code);
    }

    [Theory]
    [InlineData("viewer", EnvironmentRole.Viewer, true)]
    [InlineData("viewer", EnvironmentRole.Admin, true)]
    [InlineData("contributor", EnvironmentRole.Viewer, false)]
    [InlineData("contributor", EnvironmentRole.Contributor, true)]
    [InlineData("admin", EnvironmentRole.Contributor, false)]
    [InlineData("admin", EnvironmentRole.Admin, true)]
    [InlineData("everybody", EnvironmentRole.Contributor, false)]
    public async Task Role_IsMeasuredAgainstTheAppsAccess(string access, EnvironmentRole role, bool isIn)
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        await fixture.ChangeAsync<ProjectMember>(_ => true, m => m.ProductionRole = role);
        await fixture.ChangeAsync<ProjectEnvironment>(_ => true, e => e.Deployment = GatewayFixture.Deployment(access).ToJson());

        var decision = await fixture.DecideAsync(fixture.Alice, fixture.Service);

        Assert.Equal(isIn ? null : RefusalCode.RoleTooLow, decision.Refusal?.Code);
    }

    [Theory]
    [InlineData("organization suspended", RefusalCode.ProjectSuspended)]
    [InlineData("project suspended", RefusalCode.ProjectSuspended)]
    [InlineData("inactive", RefusalCode.EnvironmentNotActive)]
    [InlineData("paused", RefusalCode.EnvironmentNotActive)]
    [InlineData("deleting", RefusalCode.EnvironmentNotActive)]
    [InlineData("never deployed", RefusalCode.EnvironmentNotActive)]
    [InlineData("dirty", null)]
    [InlineData("no member", RefusalCode.NoSuchService)]
    public async Task State_OfProjectAndEnvironment_Decides(string state, RefusalCode? code)
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        await (state switch
        {
            "organization suspended" => fixture.ChangeAsync<Organization>(_ => true, o => o.IsSuspended = true),
            "project suspended" => fixture.ChangeAsync<Project>(_ => true, p => p.IsSuspended = true),
            "inactive" => SetStatusAsync(fixture, EnvironmentStatus.Inactive),
            "paused" => SetStatusAsync(fixture, EnvironmentStatus.Paused),
            "deleting" => SetStatusAsync(fixture, EnvironmentStatus.Deleting),
            "dirty" => SetStatusAsync(fixture, EnvironmentStatus.Dirty),
            "never deployed" => fixture.ChangeAsync<ProjectEnvironment>(_ => true, e => e.Deployment = null),
            _ => fixture.RunSqlAsync("DELETE FROM project_members"),
        });

        Assert.Equal(code, (await fixture.DecideAsync(fixture.Alice, fixture.Service)).Refusal?.Code);
    }

    [Fact]
    public async Task Mfa_ThatIsRequired_NeedsASessionThatHasIt()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        await fixture.ChangeAsync<Organization>(_ => true, o => o.RequiresMfa = true);

        Assert.Equal(RefusalCode.MfaRequired, (await fixture.DecideAsync(fixture.Alice, fixture.Service, "pwd")).Refusal?.Code);
        Assert.Equal(RefusalCode.MfaRequired, (await fixture.DecideAsync(fixture.Alice, fixture.Service, "pwd mfax")).Refusal?.Code);
        Assert.NotNull((await fixture.DecideAsync(fixture.Alice, fixture.Service, "pwd mfa")).Grant);
        Assert.Equal(RefusalCode.MfaRequired, (await DecideByKeyAsync(fixture)).Refusal?.Code);
    }

    [Fact]
    public async Task Sso_ThatIsRequired_NeedsASessionFromThatProvider()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        await fixture.ChangeAsync<Organization>(_ => true, o => o.RequiresMfa = true);
        await fixture.RunSqlAsync(
            "INSERT INTO identity_providers (id, organization_id, name, label, issuer, client_id, protected_secret, is_enforced, creates_people, is_trusted_for_mfa, created_at, updated_at) "
            + "SELECT '0B0B0B0B-0000-4000-8000-000000000001', id, 'acme', 'Acme', 'https://login.example', 'c', x'00', 1, 0, 0, 0, 0 FROM organizations LIMIT 1;"
            + $"UPDATE users SET normalized_email = 'ALICE@ACME.EXAMPLE' WHERE id = '{fixture.Alice.Id.ToString().ToUpperInvariant()}';"
            + "INSERT INTO sso_domains (domain, suffix, organization_id, provider_id, created_at) "
            + "SELECT 'acme.example', '@ACME.EXAMPLE', id, '0B0B0B0B-0000-4000-8000-000000000001', 0 FROM organizations LIMIT 1");

        foreach (var amr in new[] { "pwd mfa", "sso:other mfa", "sso:acme2 mfa" })
        {
            var refusal = (await fixture.DecideAsync(fixture.Alice, fixture.Service, amr)).Refusal!;
            Assert.Equal((RefusalCode.SsoRequired, "sso:acme"), (refusal.Code, string.Join(' ', refusal.Missing)));
        }

        var both = (await fixture.DecideAsync(fixture.Alice, fixture.Service, "pwd")).Refusal!;
        Assert.Equal("mfa sso:acme", string.Join(' ', both.Missing));
        Assert.Equal(RefusalCode.MfaRequired, (await fixture.DecideAsync(fixture.Alice, fixture.Service, "sso:acme")).Refusal?.Code);
        Assert.NotNull((await fixture.DecideAsync(fixture.Alice, fixture.Service, "sso:acme mfa")).Grant);

        // A plain key knows no provider, and no code that is typed inside ssh makes up for it.
        var byKey = await DecideByKeyAsync(fixture);
        Assert.Equal(RefusalCode.SsoRequired, byKey.Refusal?.Code);
        Assert.Null(byKey.Missing);
    }

    [Fact]
    public async Task PlainKey_IsEnoughWhereNoMfaIsRequired()
    {
        await using var fixture = await GatewayFixture.CreateAsync();

        Assert.NotNull((await DecideByKeyAsync(fixture)).Grant);
    }

    [Fact]
    public async Task PlainKey_ThatWasDeletedOrGivenToAnother_HoldsNoMore()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        using var key = Ed25519PrivateKey.Generate();
        await fixture.RegisterKeyAsync(fixture.Alice, key.PublicKey);
        var proof = await ProofOfAsync(fixture, key);
        await fixture.ChangeAsync<User>(u => u.Id == fixture.Alice.Id, u => u.IsDisabled = true);
        Assert.Equal(RefusalCode.AccountDisabled, await CodeOfAsync(fixture, proof));

        await fixture.ChangeAsync<User>(_ => true, u => u.IsDisabled = false);
        await fixture.ChangeAsync<SshKey>(_ => true, k => k.UserId = fixture.Olga.Id);
        Assert.NotNull(await CodeOfAsync(fixture, proof));

        await fixture.RunSqlAsync("DELETE FROM ssh_keys");
        Assert.Equal(RefusalCode.SessionEnded, await CodeOfAsync(fixture, proof));
    }

    [Fact]
    public async Task Project_ThatIsUnknownOrForbidden_LooksTheSame()
    {
        // 15: a stranger must not learn which projects exist.
        await using var fixture = await GatewayFixture.CreateAsync();
        var eve = fixture.NewUser("eve");
        await fixture.SaveAsync(eve);
        await SetStatusAsync(fixture, EnvironmentStatus.Inactive);

        var forbidden = await fixture.DecideAsync(eve, fixture.Service);
        var noSuchApp = await fixture.DecideAsync(eve, fixture.ServiceOf("nothing"));
        var unknownEnvironment = await fixture.DecideAsync(eve, $"{fixture.Project.Id}-dev-bvxea6i--app");
        var unknown = await fixture.DecideAsync(eve, $"zzzzzzzzzzzzz-{GatewayFixture.Machine}--app");
        var nonsense = await fixture.DecideAsync(eve, "root");

        Assert.Equal(RefusalCode.NoSuchService, unknown.Refusal?.Code);
        Assert.All([forbidden, noSuchApp, unknownEnvironment, nonsense], d => Assert.Equal(unknown, d));
        Assert.Equal(
            unknown.Refusal!.Banner("x", "Eve", eve.Id), forbidden.Refusal!.Banner("x", "Eve", eve.Id));
    }

    [Fact]
    public async Task Certificate_ThatIsRevokedLater_HoldsNoMore()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var (connection, _, _) = await fixture.ConnectAsync(fixture.Alice);

        await fixture.ChangeAsync<IssuedCertificate>(_ => true, c => c.RevokedAt = fixture.Clock.GetUtcNow());

        Assert.Equal(RefusalCode.SessionEnded, await CodeOfAsync(fixture, connection.Grant.Proof));
    }

    private static Task SetStatusAsync(GatewayFixture fixture, EnvironmentStatus status) =>
        fixture.ChangeAsync<ProjectEnvironment>(_ => true, e => e.Status = status);

    private static async Task<GrantDecision> DecideByKeyAsync(GatewayFixture fixture)
    {
        using var key = Ed25519PrivateKey.Generate();
        await fixture.RegisterKeyAsync(fixture.Alice, key.PublicKey);
        return await fixture.Get<GrantDecider>().DecideAsync(await ProofOfAsync(fixture, key), fixture.Service, Never);
    }

    private static async Task<Proof> ProofOfAsync(GatewayFixture fixture, Ed25519PrivateKey key) =>
        Assert.IsType<Identification.Known>(
            await fixture.Get<Identifier>().IdentifyAsync(GatewayFixture.Attempt(key.PublicKey), Moment.Now, Never)).Proof;

    private static async Task<RefusalCode?> CodeOfAsync(GatewayFixture fixture, Proof proof) =>
        (await fixture.Get<GrantDecider>().DecideAsync(proof, fixture.Service, Never)).Refusal?.Code;
}
