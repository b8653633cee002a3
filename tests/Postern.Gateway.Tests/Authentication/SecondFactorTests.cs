using System.Net;
using Postern.Directory.Approvals;
using Postern.Directory.Factors;
using Postern.Directory.Organizations;
using Postern.Directory.People;
using Postern.Directory.Projects;
using Postern.Gateway.Authentication;
using Postern.Gateway.Connections;
using Postern.Gateway.Tests.Testing;
using Postern.Ssh.Connection;
using Postern.Ssh.Keys;
using Postern.Ssh.Server;

namespace Postern.Gateway.Tests.Authentication;

/// <summary>A code beside a plain key where the organization requires MFA, and what is remembered of it.</summary>
public sealed class SecondFactorTests : IAsyncLifetime
{
    private static readonly CancellationToken Never = CancellationToken.None;

    private readonly Ed25519PrivateKey _key = Ed25519PrivateKey.Generate();
    private GatewayFixture _fixture = null!;
    private byte[] _secret = [];

    public async Task InitializeAsync()
    {
        _fixture = await GatewayFixture.CreateAsync(new GatewayConfig { Listen = [], AccountsUrl = "https://id.example" });
        await _fixture.ChangeAsync<Organization>(_ => true, o => o.RequiresMfa = true);
        await _fixture.RegisterKeyAsync(_fixture.Alice, _key.PublicKey);
        _secret = await _fixture.GiveAuthenticatorAsync(_fixture.Alice);
    }

    public async Task DisposeAsync()
    {
        await _fixture.DisposeAsync();
        _key.Dispose();
    }

    [Fact]
    public async Task RightCode_LetsThePersonIn_AndIsRememberedForTheNextConnections()
    {
        var partly = await ProveAsync();
        Assert.Contains("Error: Access denied\n", partly.Banner, StringComparison.Ordinal);
        Assert.Contains("Parameters: {\"amr\":[\"mfa\"]}\n", partly.Banner, StringComparison.Ordinal);
        Assert.Contains("Code: PST-301\n", partly.Banner, StringComparison.Ordinal);
        Assert.Contains("Type the code of your authenticator app", partly.Banner, StringComparison.Ordinal);

        using var exchange = await partly.Rest.BeginExchangeAsync(Never);
        var round = Assert.IsType<InteractiveStep.Asked>(await exchange.BeginAsync(Never)).Round;
        Assert.Equal("Code: ", Assert.Single(round.Prompts).Text);
        Assert.IsType<AuthenticationOutcome.Accepted>(await AnswerAsync(exchange, Code()));

        for (var i = 0; i < 10; i++)
        {
            Assert.IsType<AuthenticationOutcome.Accepted>(await TryAsync());
        }

        var record = Assert.Single(await _fixture.AuditAsync("ssh.approved"));
        Assert.Contains($"key {_key.PublicKey.Sha256Fingerprint} from 192.0.2.7", record.Detail, StringComparison.Ordinal);
        Assert.Equal(_fixture.Alice.Id.ToString(), record.Actor);
    }

    // An editor opens its connections at once: the code is typed in one of them, and typed again it is not used up.
    [Fact]
    public async Task ConnectionsThatAskAtOnce_NeedOneCodeTogether()
    {
        var asked = new List<IInteractiveExchange>();
        for (var i = 0; i < 3; i++)
        {
            asked.Add(await (await ProveAsync()).Rest.BeginExchangeAsync(Never));
            Assert.IsType<InteractiveStep.Asked>(await asked[i].BeginAsync(Never));
        }

        var code = Code();
        foreach (var exchange in asked)
        {
            Assert.IsType<AuthenticationOutcome.Accepted>(await AnswerAsync(exchange, code));
        }

        Assert.Single(await _fixture.AuditAsync("ssh.approved"));
    }

    [Fact]
    public async Task WrongCode_IsToldSo_AndFiveLockTheAccount()
    {
        for (var i = 1; i <= FactorLimits.TriesBeforeLock; i++)
        {
            var refused = Assert.IsType<AuthenticationOutcome.Refused>(await TypeAsync(WrongCode()));
            Assert.Contains(i < FactorLimits.TriesBeforeLock ? "PST-302" : "PST-303", refused.Banner, StringComparison.Ordinal);
            Assert.Equal(i == FactorLimits.TriesBeforeLock, refused.IsFinal);
        }

        var locked = Assert.IsType<AuthenticationOutcome.Refused>(await TypeAsync(Code()));
        Assert.Contains("Fix: Wait for 15 minutes", locked.Banner, StringComparison.Ordinal);
        Assert.Empty(await _fixture.AuditAsync("ssh.approved"));
    }

    [Fact]
    public async Task Code_ThatWasUsed_OpensNoSecondPlace()
    {
        var code = Code();
        Assert.IsType<AuthenticationOutcome.Accepted>(await TypeAsync(code));
        var refused = Assert.IsType<AuthenticationOutcome.Refused>(await TypeAsync(code, address: "192.0.2.8"));
        Assert.Contains("This code was used before", refused.Banner, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("12345")]
    [InlineData("' OR 1=1 --")]
    [InlineData("\0\0\0\0\0\0")]
    public async Task Answer_ThatIsNoCode_IsWrong(string typed) =>
        Assert.Contains("PST-302", Assert.IsType<AuthenticationOutcome.Refused>(await TypeAsync(typed)).Banner, StringComparison.Ordinal);

    // Security 8, 58: an approval is for this key, this source and this organization.
    [Theory]
    [InlineData("address")]
    [InlineData("key")]
    [InlineData("organization")]
    [InlineData("person")]
    public async Task Approval_IsGoodForNothingElse(string other)
    {
        Assert.IsType<AuthenticationOutcome.Accepted>(await TypeAsync(Code()));
        using var key = Ed25519PrivateKey.Generate();
        var outcome = other switch
        {
            "address" => await TryAsync(address: "192.0.2.8"),
            "key" => await TryWithAsync(_fixture.Alice, key),
            "organization" => await TryAsync(await OtherOrganizationAsync()),
            _ => await TryWithAsync(await WithAuthenticatorAsync(_fixture.Olga), key),
        };
        Assert.IsType<AuthenticationOutcome.PartlyAccepted>(outcome);
    }

    [Theory]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7", true)]
    public async Task Source_IsOneAddress_OrTheNetworkThatOnePersonHas(string first, string second, bool isSame)
    {
        Assert.IsType<AuthenticationOutcome.Accepted>(await TypeAsync(Code(), address: first));
        var outcome = await TryAsync(address: second);
        Assert.Equal(isSame, outcome is AuthenticationOutcome.Accepted);
    }

    // Security 9: where the address is not the client's own, nothing can be remembered by it.
    [Fact]
    public async Task ClientWithoutAnAddress_IsRefusedAndNotAsked()
    {
        Assert.IsType<AuthenticationOutcome.Accepted>(await TypeAsync(Code()));
        var connection = SeenConnection.NewInfo() with { RemoteEndPoint = new IPEndPoint(IPAddress.Parse("192.0.2.7"), 0) };
        var outcome = await Authenticator.AuthenticateAsync(new(connection, _fixture.Service, _key.PublicKey, null), Never);
        Assert.Contains("PST-301", Assert.IsType<AuthenticationOutcome.Refused>(outcome).Banner, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PersonWithoutAnApp_IsToldWhereToSetOneUp()
    {
        using var key = Ed25519PrivateKey.Generate();
        var refused = Assert.IsType<AuthenticationOutcome.Refused>(await TryWithAsync(_fixture.Olga, key));
        Assert.Contains("Parameters: {\"amr\":[\"mfa\"]}\n", refused.Banner, StringComparison.Ordinal);
        Assert.Contains("at https://id.example/account/security,", refused.Banner, StringComparison.Ordinal);
    }

    // Security 7: a certificate is stepped up by a new sign-in, which gives another certificate; no code makes more of this one.
    [Fact]
    public async Task Certificate_WithoutMfa_IsRefusedAndNotAsked()
    {
        Assert.IsType<AuthenticationOutcome.Accepted>(await TypeAsync(Code()));
        var session = await _fixture.NewSessionAsync(_fixture.Alice);
        var certificate = await _fixture.IssueAsync(_fixture.Alice, session, _key.PublicKey);
        var outcome = await Authenticator.AuthenticateAsync(GatewayFixture.Attempt(certificate, _fixture.Service), Never);
        Assert.Contains("PST-301", Assert.IsType<AuthenticationOutcome.Refused>(outcome).Banner, StringComparison.Ordinal);
    }

    // Security 7: what is proved by the first factor is what counts after the second, and it is asked for anew.
    [Fact]
    public async Task RightTakenAwayWhileTheCodeIsTyped_IsMissing()
    {
        var exchange = await (await ProveAsync()).Rest.BeginExchangeAsync(Never);
        await exchange.BeginAsync(Never);
        await _fixture.ChangeAsync<ProjectMember>(_ => true, m => m.ProductionRole = EnvironmentRole.Viewer);
        var refused = Assert.IsType<AuthenticationOutcome.Refused>(await AnswerAsync(exchange, Code()));
        Assert.Contains("PST-102", refused.Banner, StringComparison.Ordinal);
        Assert.True(refused.IsFinal);

        await _fixture.RunSqlAsync("DELETE FROM ssh_keys");
        Assert.Equal(new AuthenticationOutcome.Refused(null), await TryAsync());
    }

    [Fact]
    public async Task PlainKey_WhereNoMfaIsRequired_IsNotAsked()
    {
        await _fixture.ChangeAsync<Organization>(_ => true, o => o.RequiresMfa = false);
        Assert.IsType<AuthenticationOutcome.Accepted>(await TryAsync());
    }

    // Security 28, 58: what is taken back ends what rests on it, and opens no channel meanwhile.
    [Fact]
    public async Task Approval_ThatIsTakenBack_EndsItsConnectionsAndNoOthers()
    {
        var here = await EnterAsync(await TypeAsync(Code()));
        var also = await EnterAsync(await TryAsync());
        _fixture.Clock.Advance(Totp.Step);
        var elsewhere = await EnterAsync(await TypeAsync(Code(), address: "192.0.2.8"));
        await _fixture.Hosted<GrantWatch>().RecheckAsync(Never);
        Assert.Empty(here.Seen.Goodbyes.Concat(also.Seen.Goodbyes).Concat(elsewhere.Seen.Goodbyes));

        var approvals = _fixture.Get<SshApprovals>();
        var listed = await approvals.ListAsync(_fixture.Alice.Id, Never);
        Assert.Equal(["192.0.2.8", "192.0.2.7"], listed.Select(a => a.Approval.Source));
        Assert.Equal(0, await approvals.RevokeAsync(_fixture.Olga.Id, listed[1].Approval.Id, Never));
        Assert.Equal(1, await approvals.RevokeAsync(_fixture.Alice.Id, listed[1].Approval.Id, Never));

        var channel = await here.Connection.OpenChannelAsync(new ChannelOpenRequest.Session(), Never);
        Assert.Contains("PST-301", Assert.IsType<ChannelOpenDecision.Refused>(channel).PeerMessage, StringComparison.Ordinal);
        await _fixture.Hosted<GrantWatch>().RecheckAsync(Never);
        Assert.NotEmpty(here.Seen.Goodbyes);
        Assert.Contains("PST-301", Assert.Single(also.Seen.Goodbyes), StringComparison.Ordinal);
        Assert.Empty(elsewhere.Seen.Goodbyes);
        Assert.IsType<AuthenticationOutcome.PartlyAccepted>(await TryAsync());
    }

    [Fact]
    public async Task Approval_EndsByItself()
    {
        var alice = await EnterAsync(await TypeAsync(Code()));
        _fixture.Clock.Advance(TimeSpan.FromHours(8) - TimeSpan.FromSeconds(1));
        await _fixture.Hosted<GrantWatch>().RecheckAsync(Never);
        Assert.Empty(alice.Seen.Goodbyes);
        _fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        await _fixture.Hosted<GrantWatch>().RecheckAsync(Never);
        Assert.Single(alice.Seen.Goodbyes);
        Assert.IsType<AuthenticationOutcome.PartlyAccepted>(await TryAsync());
    }

    // Whoever had the old telephone must not profit from the new one.
    [Fact]
    public async Task Approval_EndsWithTheAppThatItCameFrom()
    {
        var alice = await EnterAsync(await TypeAsync(Code()));
        await using (var context = await _fixture.NewContextAsync())
        {
            context.Remove(context.AuthenticatorApps.Single());
            await context.SaveChangesAsync();
        }

        await _fixture.Hosted<GrantWatch>().RecheckAsync(Never);
        Assert.Single(alice.Seen.Goodbyes);
        _fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        await _fixture.GiveAuthenticatorAsync(_fixture.Alice);
        Assert.IsType<AuthenticationOutcome.PartlyAccepted>(await TryAsync());
    }

    private GatewayAuthenticator Authenticator => _fixture.Get<GatewayAuthenticator>();

    private string Code() => Totp.CodeAt(_secret, _fixture.Clock.GetUtcNow());

    private string WrongCode()
    {
        var near = Enumerable.Range(-1, 3).Select(i => Totp.CodeAt(_secret, _fixture.Clock.GetUtcNow() + (i * Totp.Step)));
        return Enumerable.Range(0, 10).Select(i => $"00000{i}").First(code => !near.Contains(code));
    }

    private Task<AuthenticationOutcome> TryAsync(string? service = null, string address = "192.0.2.7") =>
        Authenticator.AuthenticateAsync(GatewayFixture.Attempt(_key.PublicKey, service ?? _fixture.Service, address), Never).AsTask();

    private async Task<AuthenticationOutcome> TryWithAsync(User user, Ed25519PrivateKey key)
    {
        await _fixture.RegisterKeyAsync(user, key.PublicKey);
        return await Authenticator.AuthenticateAsync(GatewayFixture.Attempt(key.PublicKey, _fixture.Service), Never);
    }

    private async Task<User> WithAuthenticatorAsync(User user)
    {
        await _fixture.GiveAuthenticatorAsync(user);
        return user;
    }

    private async Task<AuthenticationOutcome.PartlyAccepted> ProveAsync(string address = "192.0.2.7") =>
        Assert.IsType<AuthenticationOutcome.PartlyAccepted>(await TryAsync(address: address));

    private async Task<AuthenticationOutcome> TypeAsync(string code, string address = "192.0.2.7")
    {
        using var exchange = await (await ProveAsync(address)).Rest.BeginExchangeAsync(Never);
        Assert.IsType<InteractiveStep.Asked>(await exchange.BeginAsync(Never));
        return await AnswerAsync(exchange, code);
    }

    private static async Task<AuthenticationOutcome> AnswerAsync(IInteractiveExchange exchange, string code) =>
        Assert.IsType<InteractiveStep.Decided>(await exchange.AnswerAsync([code], Never)).Outcome;

    private static Task<(GatewayConnection Connection, SeenConnection Seen)> EnterAsync(AuthenticationOutcome outcome)
    {
        var connection = (GatewayConnection)Assert.IsType<AuthenticationOutcome.Accepted>(outcome).Handler;
        var seen = new SeenConnection(SeenConnection.NewInfo());
        connection.OnAuthenticated(seen);
        return Task.FromResult((connection, seen));
    }

    /// <summary>Another organization that requires MFA, with a project like the first, in which Alice may do the same.</summary>
    private async Task<string> OtherOrganizationAsync()
    {
        var now = _fixture.Clock.GetUtcNow();
        var organization = new Organization
        {
            Id = OrganizationId.Create(_fixture.Clock),
            Name = "globex",
            Label = "Globex",
            OwnerId = _fixture.Olga.Id,
            RequiresMfa = true,
            CreatedAt = now,
            UpdatedAt = now,
        };
        var project = new Project
        {
            Id = ProjectId.Create(),
            Title = "Other",
            OrganizationId = organization.Id,
            Region = "local",
            Entropy = ProjectId.CreateEntropy(),
            DefaultBranch = "main",
            CreatedAt = now,
            UpdatedAt = now,
        };
        await _fixture.SaveAsync(organization);
        await _fixture.SaveAsync(project);
        await _fixture.SaveAsync(
            new ProjectMember
            {
                ProjectId = project.Id,
                UserId = _fixture.Alice.Id,
                Role = ProjectRole.Viewer,
                ProductionRole = EnvironmentRole.Contributor,
            },
            new ProjectEnvironment
            {
                ProjectId = project.Id,
                Name = "main",
                MachineName = GatewayFixture.Machine,
                Title = "Main",
                Type = EnvironmentType.Production,
                Status = EnvironmentStatus.Active,
                TreeId = "tree-2",
                Deployment = GatewayFixture.Deployment("contributor").ToJson(),
                CreatedAt = now,
                UpdatedAt = now,
            });
        return $"{project.Id}-{GatewayFixture.Machine}--app";
    }
}
