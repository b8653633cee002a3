using Postern.Directory.Organizations;
using Postern.Directory.Projects;
using Postern.Directory.Sessions;
using Postern.Gateway.Connections;
using Postern.Gateway.Refusals;
using Postern.Gateway.Tests.Testing;

namespace Postern.Gateway.Tests.Routing;

/// <summary>Connections by certificates that an API token asked for.</summary>
public class TokenScopeTests
{
    [Fact]
    public async Task OtherProject_DoesNotExist()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var token = await NewTokenAsync(fixture, token => token.ProjectId = "otherproject");

        Assert.Equal(RefusalCode.NoSuchService, (await fixture.DecideAsync(fixture.Olga, fixture.Service, token: token)).Refusal?.Code);
        token = await NewTokenAsync(fixture, token => token.ProjectId = fixture.Project.Id);
        Assert.NotNull((await fixture.DecideAsync(fixture.Olga, fixture.Service, token: token)).Grant);
    }

    [Theory]
    [InlineData("viewer", null)]
    [InlineData("contributor", RefusalCode.RoleTooLow)]
    [InlineData("admin", RefusalCode.RoleTooLow)]
    public async Task ReadOnly_IsAViewerWhateverTheAccountIs(string access, RefusalCode? code)
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        await fixture.ChangeAsync<ProjectEnvironment>(_ => true, e => e.Deployment = GatewayFixture.Deployment(access).ToJson());
        var token = await NewTokenAsync(fixture, token => token.IsReadOnly = true);

        Assert.Equal(code, (await fixture.DecideAsync(fixture.Olga, fixture.Service, token: token)).Refusal?.Code);
        Assert.NotNull((await fixture.DecideAsync(fixture.Olga, fixture.Service)).Grant);
    }

    [Fact]
    public async Task TokenWithoutMfa_IsToldToBeMadeAgain()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        await fixture.ChangeAsync<Organization>(_ => true, o => o.RequiresMfa = true);
        var token = await NewTokenAsync(fixture, _ => { });

        var refusal = (await fixture.DecideAsync(fixture.Olga, fixture.Service, token: token)).Refusal;

        Assert.Equal(RefusalCode.MfaRequired, refusal?.Code);
        Assert.Equal("The API token may need to be re-created after enabling MFA", refusal!.Fix);
        Assert.NotNull((await fixture.DecideAsync(fixture.Olga, fixture.Service, "pwd mfa", token)).Grant);
    }

    [Theory]
    [InlineData("revoked", RefusalCode.SessionEnded)]
    [InlineData("narrowed to another project", RefusalCode.NoSuchService)]
    [InlineData("made read-only", RefusalCode.RoleTooLow)]
    [InlineData("mfa required", null)]
    public async Task Connection_EndsWhenItsTokenIsTakenBack(string change, RefusalCode? code)
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var token = await NewTokenAsync(fixture, _ => { });
        var (_, seen, _) = await fixture.ConnectAsync(fixture.Olga, token: token);
        await fixture.Hosted<GrantWatch>().RecheckAsync(CancellationToken.None);
        Assert.Empty(seen.Goodbyes);

        await (change switch
        {
            "revoked" => fixture.ChangeAsync<ApiToken>(_ => true, t => t.RevokedAt = fixture.Clock.GetUtcNow()),
            "made read-only" => fixture.ChangeAsync<ApiToken>(_ => true, t => t.IsReadOnly = true),
            "mfa required" => fixture.ChangeAsync<Organization>(_ => true, o => o.RequiresMfa = true),
            _ => fixture.ChangeAsync<ApiToken>(_ => true, t => t.ProjectId = "otherproject"),
        });
        await fixture.Hosted<GrantWatch>().RecheckAsync(CancellationToken.None);

        if (code is null)
        {
            Assert.Empty(seen.Goodbyes); // Its token was made with a second factor.
        }
        else
        {
            Assert.Contains($"PST-{(int)code}", Assert.Single(seen.Goodbyes), StringComparison.Ordinal);
        }
    }

    private static async Task<ApiToken> NewTokenAsync(GatewayFixture fixture, Action<ApiToken> change)
    {
        var token = new ApiToken
        {
            Id = Guid.NewGuid(),
            UserId = fixture.Olga.Id,
            Name = "ci",
            TokenHash = Guid.NewGuid().ToString("N"),
            Prefix = "pst_abcd",
            CreatedAt = fixture.Clock.GetUtcNow(),
        };
        change(token);
        await fixture.SaveAsync(token);
        return token;
    }
}
