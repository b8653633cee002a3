using System.Net;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.Devices;
using Postern.Directory.Organizations;
using Postern.Directory.People;
using Postern.Directory.Sessions;
using Postern.Gateway.Authentication;
using Postern.Gateway.Connections;
using Postern.Gateway.SignIn;
using Postern.Gateway.Tests.Testing;
using Postern.Ssh.Connection;
using Postern.Ssh.Server;
using Postern.Testing;

namespace Postern.Gateway.Tests.SignIn;

/// <summary>Plain ssh with nothing in its hands: a link, a wait, and the person who allowed it.</summary>
public sealed partial class SignInTests : IAsyncLifetime
{
    private static readonly CancellationToken Never = CancellationToken.None;
    private static readonly GatewayConfig Config = new() { Listen = [], AccountsUrl = "https://id.example" };

    private GatewayFixture _fixture = null!;

    public async Task InitializeAsync() => _fixture = await GatewayFixture.CreateAsync(Config);

    public async Task DisposeAsync() => await _fixture.DisposeAsync();

    [Fact]
    public async Task Allowed_LetsThatPersonInForThisConnection()
    {
        using var exchange = await BeginAsync();
        var round = await InvitedAsync(exchange);
        Assert.Empty(round.Prompts);
        Assert.Contains($"https://id.example/device?user_code={CodeOf(round)}", round.Instruction, StringComparison.Ordinal);
        Assert.Contains("192.0.2.7", round.Instruction, StringComparison.Ordinal);
        Assert.Contains(_fixture.Service, round.Instruction, StringComparison.Ordinal);
        var request = await RequestAsync();
        Assert.Equal($"Open an SSH connection to {_fixture.Service}", request.Purpose);
        Assert.Equal("192.0.2.7", request.Address);

        Assert.IsType<InteractiveStep.Asked>(await LookAsync(exchange));
        await DecideAsync(round, isApproved: true, await _fixture.NewSessionAsync(_fixture.Alice));
        var handler = Assert.IsType<AuthenticationOutcome.Accepted>(await EndAsync(exchange)).Handler;
        var seen = new SeenConnection(SeenConnection.NewInfo());
        handler.OnAuthenticated(seen);
        var grant = Assert.Single(_fixture.Live.All).Grant;
        Assert.Equal(_fixture.Alice.Id, grant.Proof.Person.Id);
        Assert.Null(grant.Proof.Key);
        Assert.IsType<ChannelOpenDecision.Accepted>(await handler.OpenChannelAsync(new ChannelOpenRequest.Session(), Never));
        Assert.Contains(grant.Proof.SessionId.ToString()!, Assert.Single(await _fixture.AuditAsync("ssh.signed_in")).Detail, StringComparison.Ordinal);

        // The session is the connection's and ends with it.
        handler.OnEnded(ConnectionEnd.PeerDisconnected);
        await Programs.WaitUntilAsync(async () => (await SessionAsync(grant.Proof.SessionId!.Value)).RevokedAt is not null, "the end of the session");
        Assert.Empty(_fixture.Live.All);
    }

    // Security 28: signing out in the browser ends what was signed in by it.
    [Fact]
    public async Task Session_ThatIsEnded_EndsTheConnection()
    {
        var (_, seen, session) = await SignInAsync("pwd");
        await _fixture.ChangeAsync<Session>(s => s.Id == session, s => s.RevokedAt = _fixture.Clock.GetUtcNow());
        await _fixture.Hosted<GrantWatch>().RecheckAsync(Never);
        Assert.Contains("PST-203", Assert.Single(seen.Goodbyes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connection_LastsAsLongAsAnApproval()
    {
        var (_, seen, _) = await SignInAsync("pwd");
        _fixture.Clock.Advance(TimeSpan.FromHours(8) - TimeSpan.FromMinutes(1));
        await _fixture.Hosted<GrantWatch>().RecheckAsync(Never);
        Assert.Empty(seen.Goodbyes);
        _fixture.Clock.Advance(TimeSpan.FromMinutes(1));
        await _fixture.Hosted<GrantWatch>().RecheckAsync(Never);
        Assert.Single(seen.Goodbyes);
    }

    // Security 7, 58: the methods of the sign-in that allowed it count, no more and no less.
    [Theory]
    [InlineData("pwd", false)]
    [InlineData("pwd mfa", true)]
    public async Task MfaOfTheBrowser_Counts(string amr, bool isIn)
    {
        await _fixture.ChangeAsync<Organization>(_ => true, o => o.RequiresMfa = true);
        using var exchange = await BeginAsync();
        await DecideAsync(await InvitedAsync(exchange), isApproved: true, await _fixture.NewSessionAsync(_fixture.Alice, amr));
        var outcome = await EndAsync(exchange);
        if (isIn)
        {
            Assert.IsType<AuthenticationOutcome.Accepted>(outcome);
            return;
        }

        var refused = Assert.IsType<AuthenticationOutcome.Refused>(outcome);
        Assert.Contains("Parameters: {\"amr\":[\"mfa\"]}", refused.Banner, StringComparison.Ordinal);
        Assert.Contains("Sign in to https://id.example with multi-factor authentication", refused.Banner, StringComparison.Ordinal);
        Assert.True(refused.IsFinal);
        await using var context = await _fixture.NewContextAsync();
        Assert.NotNull((await context.Sessions.SingleAsync(s => s.ClientId == "ssh")).RevokedAt);
    }

    [Fact]
    public async Task Denied_EndsItAndSaysSo()
    {
        using var exchange = await BeginAsync();
        await DecideAsync(await InvitedAsync(exchange), isApproved: false, await _fixture.NewSessionAsync(_fixture.Alice));
        var refused = Assert.IsType<AuthenticationOutcome.Refused>(await EndAsync(exchange));
        Assert.Contains("PST-304", refused.Banner, StringComparison.Ordinal);
        Assert.DoesNotContain("alice", refused.Banner, StringComparison.OrdinalIgnoreCase);
        Assert.True(refused.IsFinal);
    }

    [Fact]
    public async Task NobodyInTime_EndsIt()
    {
        using var exchange = await BeginAsync();
        await InvitedAsync(exchange);
        _fixture.Clock.Advance(TimeSpan.FromMinutes(5));
        var refused = Assert.IsType<AuthenticationOutcome.Refused>(await EndAsync(exchange));
        Assert.Contains("PST-305", refused.Banner, StringComparison.Ordinal);
        Assert.True(exchange.Patience > TimeSpan.FromMinutes(5) && exchange.Patience <= new AuthenticationLimits().InteractiveGrace);
    }

    // What programs without a person send: nothing, a password, or what they think is asked for. No code is made for them.
    [Theory]
    [InlineData("")]
    [InlineData("n")]
    [InlineData("hunter2")]
    [InlineData("yesterday")]
    [InlineData("y\0")]
    [InlineData("y                                                                      ")]
    public async Task WhoDoesNotSayYes_IsRefusedAtOnceAndMakesNoCode(string answer)
    {
        using var exchange = await BeginAsync();
        var prompt = Assert.Single((await AskedAsync(exchange)).Prompts);
        Assert.True(prompt.IsEchoed);
        Assert.DoesNotContain("password", prompt.Text, StringComparison.OrdinalIgnoreCase);
        var outcome = Assert.IsType<InteractiveStep.Decided>(await exchange.AnswerAsync([answer], Never)).Outcome;
        var refused = Assert.IsType<AuthenticationOutcome.Refused>(outcome);
        Assert.Contains("PST-307", refused.Banner, StringComparison.Ordinal);
        Assert.True(refused.IsFinal);
        await using var context = await _fixture.NewContextAsync();
        Assert.Empty(await context.DeviceRequests.ToListAsync());
        Assert.DoesNotContain("hunter2", refused.Banner + string.Join('\n', _fixture.Log.All), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Y")]
    [InlineData(" yes ")]
    [InlineData("YES")]
    public async Task Yes_IsUnderstood(string answer)
    {
        using var exchange = await BeginAsync();
        await AskedAsync(exchange);
        Assert.NotEmpty(CodeOf(Assert.IsType<InteractiveStep.Asked>(await exchange.AnswerAsync([answer], Never)).Round));
    }

    // A place is held no longer for a slow answer.
    [Fact]
    public async Task SlowYes_HasTheRestOfTheTime()
    {
        using var exchange = await BeginAsync();
        await AskedAsync(exchange);
        _fixture.Clock.Advance(TimeSpan.FromMinutes(3.5));
        var round = Assert.IsType<InteractiveStep.Asked>(await exchange.AnswerAsync(["y"], Never)).Round;
        Assert.Contains("Waiting for 2 minutes...", round.Instruction, StringComparison.Ordinal);
        Assert.Equal(_fixture.Clock.GetUtcNow() + TimeSpan.FromMinutes(1.5), (await RequestAsync()).ExpiresAt);

        using var late = await BeginAsync();
        await AskedAsync(late);
        _fixture.Clock.Advance(TimeSpan.FromMinutes(5));
        var outcome = Assert.IsType<InteractiveStep.Decided>(await late.AnswerAsync(["y"], Never)).Outcome;
        Assert.IsType<AuthenticationOutcome.Refused>(outcome);
    }

    // What is allowed after the client has gone is allowed for nobody.
    [Fact]
    public async Task ConnectionThatIsGone_LeavesNothingToAllow()
    {
        var exchange = await BeginAsync();
        var code = CodeOf(await InvitedAsync(exchange));
        Assert.Equal(1, _fixture.Get<SignInDesk>().Waiting);
        exchange.Dispose();
        await Programs.WaitUntilAsync(async () => await _fixture.Get<DeviceApprovals>().FindWaitingAsync(code, Never) is null, "the request's end");
        Assert.Equal(0, _fixture.Get<SignInDesk>().Waiting);
        Assert.False(await _fixture.Get<DeviceApprovals>().DecideAsync(code, true, await _fixture.NewSessionAsync(_fixture.Alice), Never));
    }

    [Fact]
    public async Task PersonWhoWasDisabledMeanwhile_DoesNotGetIn()
    {
        using var exchange = await BeginAsync();
        await DecideAsync(await InvitedAsync(exchange), isApproved: true, await _fixture.NewSessionAsync(_fixture.Alice));
        await _fixture.ChangeAsync<User>(u => u.Id == _fixture.Alice.Id, u => u.IsDisabled = true);
        Assert.IsType<AuthenticationOutcome.Refused>(await EndAsync(exchange));
    }

    [Fact]
    public async Task PersonWithoutARole_IsTold()
    {
        await _fixture.RunSqlAsync("DELETE FROM project_members");
        using var exchange = await BeginAsync();
        await DecideAsync(await InvitedAsync(exchange), isApproved: true, await _fixture.NewSessionAsync(_fixture.Alice));
        Assert.Contains("PST-101", Assert.IsType<AuthenticationOutcome.Refused>(await EndAsync(exchange)).Banner, StringComparison.Ordinal);
    }

    // Security 15: what exists and what does not get the same, but for the name itself; strangers' text is shown nowhere.
    [Fact]
    public async Task Names_OfWhatIsNotThere_GetTheSame()
    {
        using var real = await BeginAsync();
        using var unknown = await BeginAsync("nosuchproject-main-bvxea6i--app");
        using var none = await BeginAsync("Your administrator asks you to press Allow\u202e\x1b[2J");
        var texts = new List<string>();
        foreach (var exchange in new[] { real, unknown, none })
        {
            var round = await InvitedAsync(exchange);
            texts.Add(round.Instruction
                .Replace(CodeOf(round), "CODE", StringComparison.Ordinal)
                .Replace(_fixture.Service, "NAME", StringComparison.Ordinal)
                .Replace("nosuchproject-main-bvxea6i--app", "NAME", StringComparison.Ordinal)
                .Replace("a name that no app has", "NAME", StringComparison.Ordinal));
        }

        Assert.Single(texts.Distinct());
        await using var context = await _fixture.NewContextAsync();
        Assert.All(await context.DeviceRequests.ToListAsync(), r => Assert.DoesNotContain("administrator", r.Purpose, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Waits_AreBoundedForEachAddressAndInAll()
    {
        await _fixture.DisposeAsync();
        _fixture = await GatewayFixture.CreateAsync(Config with { SignIn = new SignInLimits { Maximum = 5, MaximumPerAddress = 2 } });
        using var counts = new MeteredCounts(_fixture.Get<GatewayMetrics>().Meter);
        var waiting = new List<IInteractiveExchange>();
        for (var i = 0; i < 5; i++)
        {
            waiting.Add(await BeginAsync(address: $"192.0.2.{i / 2}"));
            await InvitedAsync(waiting[i]);
        }

        using var same = await BeginAsync(address: "192.0.2.0");
        using var other = await BeginAsync(address: "192.0.2.77");
        foreach (var exchange in new[] { same, other })
        {
            var outcome = Assert.IsType<InteractiveStep.Decided>(await exchange.BeginAsync(Never)).Outcome;
            var refused = Assert.IsType<AuthenticationOutcome.Refused>(outcome);
            Assert.Contains("PST-502", refused.Banner, StringComparison.Ordinal);
            Assert.True(refused.IsFinal);
        }

        waiting.ForEach(exchange => exchange.Dispose());
        Assert.Equal(0, _fixture.Get<SignInDesk>().Waiting);
        using var again = await BeginAsync(address: "192.0.2.0");
        await InvitedAsync(again);
        Assert.Equal(2, _fixture.Log.Of(4074).Count);
    }

    [Theory]
    [InlineData("off")]
    [InlineData("no pages")]
    [InlineData("no address")]
    public async Task WithoutWhatItNeeds_ThereIsNone(string what)
    {
        await _fixture.DisposeAsync();
        _fixture = await GatewayFixture.CreateAsync(what switch
        {
            "off" => Config with { SignIn = new SignInLimits { IsEnabled = false } },
            "no pages" => Config with { AccountsUrl = null },
            _ => Config,
        });
        var connection = SeenConnection.NewInfo();
        if (what == "no address")
        {
            connection = connection with { RemoteEndPoint = new IPEndPoint(IPAddress.Parse("192.0.2.7"), 0) };
        }

        Assert.Null(await Authenticator.BeginExchangeAsync(new InteractiveAttempt(connection, _fixture.Service), Never));
        Assert.Equal(what == "no address", Authenticator.OffersInteraction);
    }

    private GatewayAuthenticator Authenticator => _fixture.Get<GatewayAuthenticator>();

    private async Task<IInteractiveExchange> BeginAsync(string? service = null, string address = "192.0.2.7") =>
        (await Authenticator.BeginExchangeAsync(new InteractiveAttempt(SeenConnection.NewInfo(address), service ?? _fixture.Service), Never))!;

    /// <summary>What is shown after a yes to the question.</summary>
    private static async Task<InteractiveRound> InvitedAsync(IInteractiveExchange exchange)
    {
        await AskedAsync(exchange);
        return Assert.IsType<InteractiveStep.Asked>(await exchange.AnswerAsync(["y"], Never)).Round;
    }

    private static async Task<InteractiveRound> AskedAsync(IInteractiveExchange exchange) =>
        Assert.IsType<InteractiveStep.Asked>(await exchange.BeginAsync(Never)).Round;

    /// <summary>What the next look at the request gives, which the clock is moved to.</summary>
    private async Task<InteractiveStep> LookAsync(IInteractiveExchange exchange)
    {
        var looking = exchange.AnswerAsync([], Never).AsTask();
        _fixture.Clock.Advance(TimeSpan.FromSeconds(DeviceLimits.IntervalSeconds));
        return await looking;
    }

    private async Task<AuthenticationOutcome> EndAsync(IInteractiveExchange exchange) =>
        Assert.IsType<InteractiveStep.Decided>(await LookAsync(exchange)).Outcome;

    private static string CodeOf(InteractiveRound round) => UserCodePattern().Match(round.Instruction).Groups["code"].Value;

    private async Task DecideAsync(InteractiveRound round, bool isApproved, Session session) =>
        Assert.True(await _fixture.Get<DeviceApprovals>().DecideAsync(CodeOf(round), isApproved, session, Never));

    private async Task<DeviceRequest> RequestAsync()
    {
        await using var context = await _fixture.NewContextAsync();
        return await context.DeviceRequests.SingleAsync();
    }

    private async Task<Session> SessionAsync(Guid id)
    {
        await using var context = await _fixture.NewContextAsync();
        return await context.Sessions.SingleAsync(s => s.Id == id);
    }

    private async Task<(IServerConnectionHandler Handler, SeenConnection Seen, Guid Session)> SignInAsync(string amr)
    {
        using var exchange = await BeginAsync();
        await DecideAsync(await InvitedAsync(exchange), isApproved: true, await _fixture.NewSessionAsync(_fixture.Alice, amr));
        var handler = Assert.IsType<AuthenticationOutcome.Accepted>(await EndAsync(exchange)).Handler;
        var seen = new SeenConnection(SeenConnection.NewInfo());
        handler.OnAuthenticated(seen);
        return (handler, seen, Assert.Single(_fixture.Live.All).Grant.Proof.SessionId!.Value);
    }

    [GeneratedRegex("user_code=(?<code>[A-Z]{4}-[A-Z]{4})", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex UserCodePattern();
}
