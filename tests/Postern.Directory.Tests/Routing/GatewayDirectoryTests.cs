using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Postern.Directory.Certificates;
using Postern.Directory.Deployments;
using Postern.Directory.Organizations;
using Postern.Directory.People;
using Postern.Directory.Projects;
using Postern.Directory.Routing;
using Postern.Directory.Rules;
using Postern.Directory.Sessions;
using Postern.Directory.Tests.Testing;

namespace Postern.Directory.Tests.Routing;

[Collection(DatabaseCollection.Name)]
public class GatewayDirectoryTests(PostgreSqlServer server)
{
    private static readonly CancellationToken Never = CancellationToken.None;

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task Route_OfADeployedEnvironment_HasItsSnapshot(string provider)
    {
        await using var directory = await TestDirectory.CreateAsync(provider, server);
        var (project, environment) = await SaveProjectAsync(directory);

        var route = await Gateway(directory).FindRouteAsync(project.Id, "main-bvxea6i", Moment.Now, Never);

        Assert.NotNull(route);
        Assert.Equal(new EnvironmentFacts(EnvironmentType.Production, EnvironmentStatus.Active, true), route.Facts);
        Assert.Equal(environment.Name, route.EnvironmentName);
        Assert.Equal(project.OrganizationId, route.OrganizationId);
        Assert.NotNull(route.Deployment);
        Assert.Equal(project.Entropy, route.Deployment.ProjectEntropy);
        var app = Assert.Single(route.Deployment.Apps);
        Assert.Equal("app", app.QualifiedName);
        Assert.Equal(new DeployedRelationship("db", "postgresql"), app.Relationships["database"]);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task Route_ThatIsUnknown_IsNull(string provider)
    {
        await using var directory = await TestDirectory.CreateAsync(provider, server);
        var (project, _) = await SaveProjectAsync(directory);
        foreach (var (projectId, machineName) in new[]
        {
            (project.Id, "MAIN-bvxea6i"), (project.Id, "main"), (project.Id, ""), ("nosuchproject", "main-bvxea6i"),
            (project.Id.ToUpperInvariant(), "main-bvxea6i"), (project.Id, new string('x', 100_000)), (project.Id, "' OR 1=1 --"),
        })
        {
            Assert.Null(await Gateway(directory).FindRouteAsync(projectId, machineName, Moment.Now, Never));
        }
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task Access_GathersRolesAndFlags(string provider)
    {
        await using var directory = await TestDirectory.CreateAsync(provider, server);
        var (project, _) = await SaveProjectAsync(directory);
        var member = directory.NewUser("bob");
        var stranger = directory.NewUser("eve");
        await directory.SaveAsync(member, stranger);
        await directory.SaveAsync(
            new OrganizationMember { OrganizationId = project.OrganizationId, UserId = member.Id, Role = OrganizationRole.Member },
            new ProjectMember
            {
                ProjectId = project.Id,
                UserId = member.Id,
                Role = ProjectRole.Viewer,
                StagingRole = EnvironmentRole.Contributor,
            });
        await using var context = await directory.Contexts.CreateDbContextAsync();
        var ownerId = (await context.Organizations.SingleAsync()).OwnerId;

        var owner = await Gateway(directory).FindAccessAsync(ownerId, project.Id, Moment.Now, Never);
        Assert.Equal(OrganizationRole.Owner, owner!.OrganizationRole);
        Assert.Null(owner.ProjectRole);

        var access = await Gateway(directory).FindAccessAsync(member.Id, project.Id, Moment.Now, Never);
        Assert.Equal(
            new ProjectAccess
            {
                UserId = member.Id,
                ProjectId = project.Id,
                OrganizationId = project.OrganizationId,
                OrganizationRole = OrganizationRole.Member,
                ProjectRole = ProjectRole.Viewer,
                StagingRole = EnvironmentRole.Contributor,
                RequiresMfa = true,
            },
            access);

        var nobody = await Gateway(directory).FindAccessAsync(stranger.Id, project.Id, Moment.Now, Never);
        Assert.Equal((null, null), (nobody!.OrganizationRole, nobody.ProjectRole));
        Assert.Null(await Gateway(directory).FindAccessAsync(Guid.NewGuid(), project.Id, Moment.Now, Never));
        Assert.Null(await Gateway(directory).FindAccessAsync(member.Id, "nosuchproject", Moment.Now, Never));

        (await context.Projects.SingleAsync()).IsSuspended = true;
        (await context.Users.SingleAsync(u => u.Id == member.Id)).IsDisabled = true;
        await context.SaveChangesAsync();
        access = await Gateway(directory).FindAccessAsync(member.Id, project.Id, Moment.Now, Never);
        Assert.True(access!.IsSuspended);
        Assert.True(access.IsUserDisabled);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task Key_HasItsOwner_AndRemembersItsUse(string provider)
    {
        await using var directory = await TestDirectory.CreateAsync(provider, server);
        var user = directory.NewUser("ada");
        await directory.SaveAsync(user);
        await directory.SaveAsync(NewKey(user, [0, 1, 2, 255]));

        var owner = await Gateway(directory).FindSshKeyOwnerAsync(new byte[] { 0, 1, 2, 255 }, Moment.Now, Never);
        Assert.Equal(new Person(user.Id, "ada", false), owner!.Person);
        Assert.Null(await Gateway(directory).FindSshKeyOwnerAsync(new byte[] { 0, 1, 2 }, Moment.Now, Never));
        Assert.Null(await Gateway(directory).FindSshKeyOwnerAsync(ReadOnlyMemory<byte>.Empty, Moment.Now, Never));

        directory.Clock.Advance(TimeSpan.FromHours(3));
        await Gateway(directory).RecordKeyUseAsync(owner.KeyId, "192.0.2.7", Never);
        await using var context = await directory.Contexts.CreateDbContextAsync();
        var stored = await context.SshKeys.SingleAsync();
        Assert.Equal(("192.0.2.7", directory.Clock.GetUtcNow()), (stored.LastUsedAddress, stored.LastUsedAt));
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task Key_OfAnotherAccount_CannotBeAddedAgain(string provider)
    {
        await using var directory = await TestDirectory.CreateAsync(provider, server);
        var (ada, bob) = (directory.NewUser("ada"), directory.NewUser("bob"));
        await directory.SaveAsync(ada, bob);
        await directory.SaveAsync(NewKey(ada, [1]));
        await Assert.ThrowsAsync<DbUpdateException>(() => directory.SaveAsync(NewKey(bob, [1])));
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task Session_EndsByRevocation_ByTime_AndWithItsApiToken(string provider)
    {
        await using var directory = await TestDirectory.CreateAsync(provider, server);
        var user = directory.NewUser("ada");
        await directory.SaveAsync(user);
        var now = directory.Clock.GetUtcNow();
        var token = new ApiToken
        {
            Id = Guid.NewGuid(),
            UserId = user.Id,
            Name = "ci",
            TokenHash = "h",
            Prefix = "pst_abc",
            CreatedAt = now,
        };
        var session = NewSession(user, now, null);
        var ofToken = NewSession(user, now, token.Id);
        await directory.SaveAsync(token);
        await directory.SaveAsync(session, ofToken);
        var gateway = Gateway(directory);

        var live = await gateway.FindSessionAsync(session.Id, Moment.Now, Never);
        Assert.True(live!.IsValid);
        Assert.True(live.Proof.HasMfa);
        Assert.Null(await gateway.FindSessionAsync(Guid.NewGuid(), Moment.Now, Never));

        await using var context = await directory.Contexts.CreateDbContextAsync();
        (await context.ApiTokens.SingleAsync()).RevokedAt = now;
        await context.SaveChangesAsync();
        Assert.Equal(SessionState.Revoked, (await gateway.FindSessionAsync(ofToken.Id, Moment.Now, Never))!.State);
        Assert.Equal(SessionState.Live, (await gateway.FindSessionAsync(session.Id, Moment.Now, Never))!.State);

        directory.Clock.Advance(TimeSpan.FromDays(7));
        Assert.Equal(SessionState.Expired, (await gateway.FindSessionAsync(session.Id, Moment.Now, Never))!.State);

        var stored = await context.Sessions.SingleAsync(s => s.Id == session.Id);
        stored.IdleExpiry = stored.AbsoluteExpiry;
        stored.RevokedAt = now;
        await context.SaveChangesAsync();
        Assert.Equal(SessionState.Revoked, (await gateway.FindSessionAsync(session.Id, Moment.Now, Never))!.State);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task Certificate_IsFoundBySerial_AndASerialIsUsedOnce(string provider)
    {
        await using var directory = await TestDirectory.CreateAsync(provider, server);
        var ledger = directory.Services.GetRequiredService<CertificateLedger>();
        var now = directory.Clock.GetUtcNow();
        IssuedCertificate Certificate() => new()
        {
            Serial = long.MaxValue,
            KeyId = "ada",
            UserId = Guid.NewGuid(),
            SessionId = Guid.NewGuid(),
            TokenId = "jti",
            KeyFingerprint = "SHA256:x",
            Principals = "ada",
            ValidAfter = now,
            ValidBefore = now.AddHours(1),
            IssuedAt = now,
        };
        await ledger.RecordAsync(Certificate(), Never);

        Assert.Equal(now.AddHours(1), (await ledger.FindAsync(long.MaxValue, Moment.Now, Never))!.ValidBefore);
        Assert.Null(await ledger.FindAsync(1, Moment.Now, Never));
        await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => ledger.RecordAsync(Certificate(), Never));
    }

    private static GatewayDirectory Gateway(TestDirectory directory) => directory.Services.GetRequiredService<GatewayDirectory>();

    private static SshKey NewKey(User user, byte[] blob) => new()
    {
        UserId = user.Id,
        Title = "laptop",
        Type = "ssh-ed25519",
        Blob = blob,
        Sha256Fingerprint = "SHA256:x",
        Md5Fingerprint = "00",
    };

    private static Session NewSession(User user, DateTimeOffset now, Guid? apiTokenId) => new()
    {
        Id = Guid.NewGuid(),
        UserId = user.Id,
        ClientId = "postern-cli",
        Grant = apiTokenId is null ? "authorization_code" : "api_token",
        Amr = "pwd mfa",
        CreatedAt = now,
        LastUsedAt = now,
        AuthTime = now,
        AbsoluteExpiry = now.AddDays(30),
        IdleExpiry = now.AddDays(7),
        ApiTokenId = apiTokenId,
    };

    private static async Task<(Project Project, ProjectEnvironment Environment)> SaveProjectAsync(TestDirectory directory)
    {
        var owner = directory.NewUser("owner");
        var organization = directory.NewOrganization(owner);
        organization.RequiresMfa = true;
        var project = directory.NewProject(organization);
        var environment = directory.NewEnvironment(project, "main", EnvironmentType.Production);
        environment.Deployment = new DeploymentContent
        {
            Apps =
            [
                new DeployedApp
                {
                    Name = "app",
                    Type = "php:8.3",
                    InstanceCount = 1,
                    SshAccess = "contributor",
                    Relationships = new Dictionary<string, DeployedRelationship> { ["database"] = new("db", "postgresql") },
                    Mounts = ["data"],
                    Variables = new Dictionary<string, string> { ["env:X"] = "ü" },
                },
            ],
            Services = [new DeployedService("db", "postgresql:15")],
            Routes = new Dictionary<string, string>(),
            Variables = new Dictionary<string, string>(),
        }.ToJson();
        environment.TreeId = "0123";
        await directory.SaveAsync(owner, organization, project, environment);
        return (project, environment);
    }
}
