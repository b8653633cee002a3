using Postern.Ssh.Keys;
using Postern.Ssh.Messages;
using Postern.Ssh.Server;
using Postern.Ssh.Tests.Fixtures;
using Postern.Ssh.Transport;

namespace Postern.Ssh.Tests.Authentication;

/// <summary>Questions to a person, with and without a key before them, and how they could be got around.</summary>
public sealed class InteractionTests : IDisposable
{
    private static readonly string[] Both = ["publickey", "keyboard-interactive"];

    private readonly Ed25519PrivateKey _mine = Ed25519PrivateKey.Generate();
    private readonly Ed25519PrivateKey _other = Ed25519PrivateKey.Generate();
    private readonly FakeTimeProvider _clock = new();
    private readonly List<ScriptedExchange> _exchanges = [];
    private EngineFixture _engine = null!;
    private ScriptedPeer _peer = null!;

    public void Dispose()
    {
        _peer.Dispose();
        _engine.Dispose();
        _mine.Dispose();
        _other.Dispose();
    }

    [Fact]
    public async Task Key_ThatIsNotEnough_IsPartialSuccessAndTheRightCodeFinishes()
    {
        await StartAsync();
        await ProveAsync();
        var round = await AskAsync();
        Assert.Equal(("Name", "Two\r\nlines"), (round.Name, round.Instruction));
        Assert.Equal(new UserAuthInfoRequest.Prompt("Code: ", IsEchoed: false), Assert.Single(round.Prompts));
        await AnswerAsync("right");
        await _peer.ExpectAsync<UserAuthSuccess>();
        Assert.Equal(1, Assert.Single(_exchanges).Disposals);
        _peer.Dispose();
        Assert.Equal(ConnectionEnd.TransportClosed, await _engine.EndAsync());
        Assert.NotNull(_engine.Connection);
    }

    [Fact]
    public async Task WrongCode_IsAFailureThatStillListsTheRest()
    {
        await StartAsync();
        await ProveAsync();
        for (var i = 0; i < 3; i++)
        {
            await AskAsync();
            await AnswerAsync("wrong");
            Assert.Equal("Not that.\r\n", (await _peer.ExpectAsync<UserAuthBanner>()).Text);
            var failure = await _peer.ExpectAsync<UserAuthFailure>();
            Assert.Equal(["keyboard-interactive"], failure.Methods);
            Assert.False(failure.IsPartialSuccess);
        }

        await AskAsync();
        await AnswerAsync("right");
        await _peer.ExpectAsync<UserAuthSuccess>();
    }

    [Fact]
    public async Task SeveralRounds_AreAskedInOneExchange_AlsoSomeWithoutPrompts()
    {
        await StartAsync();
        await ProveAsync();
        Assert.Single((await AskAsync()).Prompts);
        await AnswerAsync("more");
        Assert.Equal(2, (await _peer.ExpectAsync<UserAuthInfoRequest>()).Prompts.Count);
        await AnswerAsync("a", "nothing");
        Assert.Empty((await _peer.ExpectAsync<UserAuthInfoRequest>()).Prompts);
        await AnswerAsync();
        await _peer.ExpectAsync<UserAuthSuccess>();
    }

    // Security 6, 8: what was proved under one name is nothing under another, and not the first's again after that.
    [Theory]
    [InlineData("admin", "user")]
    [InlineData("admin", null)]
    [InlineData("User", null)]
    [InlineData("user\0", null)]
    public async Task PartialSuccess_UnderAnotherName_IsGone(string name, string? then)
    {
        await StartAsync();
        await ProveAsync();
        await _peer.SendPayloadAsync(ScriptedExchange.Request(name));
        var failure = await _peer.ExpectAsync<UserAuthFailure>();
        Assert.Equal(["publickey"], failure.Methods);
        if (then is not null)
        {
            await _peer.SendPayloadAsync(ScriptedExchange.Request(then));
            Assert.Equal(["publickey"], (await _peer.ExpectAsync<UserAuthFailure>()).Methods);
        }

        Assert.Empty(_exchanges);
        Assert.Null(_engine.Connection);
    }

    // Security 8: an answer that is under way under one name does not count when another name has come between.
    [Fact]
    public async Task Answer_AfterARequestOfAnotherName_EndsTheConnection()
    {
        await StartAsync();
        await ProveAsync();
        await AskAsync();
        await _peer.SendAsync(new UserAuthRequest("admin", "ssh-connection", "none", []));
        await AnswerAsync("right");
        Assert.Equal((uint)DisconnectCode.ProtocolError, (await _peer.ReadToEndAsync())?.Code);
        Assert.Equal(ConnectionEnd.ProtocolError, await _engine.EndAsync());
        Assert.Null(_engine.Connection);
        Assert.Empty(Assert.Single(_exchanges).Answers);
    }

    // Security 2, 8: after a partial success another key, or only a look at one, starts from nothing.
    [Theory]
    [InlineData("query")]
    [InlineData("bad signature")]
    [InlineData("refused key")]
    [InlineData("unknown algorithm")]
    public async Task PartialSuccess_BeforeAnotherKey_IsGone(string what)
    {
        await StartAsync();
        await ProveAsync();
        switch (what)
        {
            case "query":
                await _peer.SendPayloadAsync(ScriptedPeer.Query(_other.PublicKey));
                await _peer.ExpectAsync<UserAuthPublicKeyOk>();
                break;
            case "bad signature":
                await _peer.SendPayloadAsync(_peer.SignedRequest(_other, signedUser: "another"));
                await _peer.ExpectAsync<UserAuthFailure>();
                break;
            case "unknown algorithm":
                await _peer.SendPayloadAsync(ScriptedPeer.Query(_other.PublicKey, algorithm: "ssh-dss"));
                await _peer.ExpectAsync<UserAuthFailure>();
                break;
            default:
                _engine.Judge = _ => new AuthenticationOutcome.Refused(null);
                await _peer.SendPayloadAsync(_peer.SignedRequest(_other));
                await _peer.ExpectAsync<UserAuthFailure>();
                break;
        }

        await _peer.SendPayloadAsync(ScriptedExchange.Request());
        Assert.Equal(["publickey"], (await _peer.ExpectAsync<UserAuthFailure>()).Methods);
        Assert.Empty(_exchanges);
    }

    // Security 2, 8: nothing but a proved key leads to the second factor.
    [Theory]
    [InlineData("nothing")]
    [InlineData("none")]
    [InlineData("query")]
    [InlineData("password")]
    [InlineData("bad signature")]
    public async Task SecondFactor_WithoutTheFirst_IsNotThere(string first)
    {
        await StartAsync();
        byte[]? request = first switch
        {
            "none" => ScriptedPeer.Encode(new UserAuthRequest("user", "ssh-connection", "none", [])),
            "password" => ScriptedPeer.Encode(new UserAuthRequest("user", "ssh-connection", "password", [0, 0, 0, 0, 0])),
            "query" => ScriptedPeer.Query(_mine.PublicKey),
            "bad signature" => _peer.SignedRequest(_mine, signedUser: "another"),
            _ => null,
        };
        if (request is not null)
        {
            await _peer.SendPayloadAsync(request);
            Assert.Equal(first == "query" ? MessageNumber.UserAuthPublicKeyOk : MessageNumber.UserAuthFailure, (await _peer.ReceiveAsync())?[0]);
        }

        await _peer.SendPayloadAsync(ScriptedExchange.Request());
        var failure = await _peer.ExpectAsync<UserAuthFailure>();
        Assert.Equal(["publickey"], failure.Methods);
        Assert.False(failure.IsPartialSuccess);
        Assert.Empty(_exchanges);
    }

    [Fact]
    public async Task None_AfterPartialSuccess_ListsTheRestAndChangesNothing()
    {
        await StartAsync();
        await ProveAsync();
        await _peer.SendAsync(new UserAuthRequest("user", "ssh-connection", "none", []));
        var failure = await _peer.ExpectAsync<UserAuthFailure>();
        Assert.Equal(["keyboard-interactive"], failure.Methods);
        Assert.False(failure.IsPartialSuccess);
        await AskAsync();
        await AnswerAsync("right");
        await _peer.ExpectAsync<UserAuthSuccess>();
    }

    // Security 13: another number of answers than there were questions is a failure (RFC 4256 section 3.4), and the end of the exchange.
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(16)]
    public async Task Answers_OfAnotherNumber_AreAFailure(int count)
    {
        await StartAsync();
        await ProveAsync();
        await AskAsync();
        await AnswerAsync([.. Enumerable.Repeat("right", count)]);
        await _peer.ExpectAsync<UserAuthFailure>();
        Assert.Empty(Assert.Single(_exchanges).Answers);
        await AnswerAsync("right");
        Assert.NotNull(await _peer.ReadToEndAsync());
        Assert.Equal(ConnectionEnd.ProtocolError, await _engine.EndAsync());
        Assert.Null(_engine.Connection);
    }

    // Security 13: counts, lengths and endings that are lies end the connection, and nothing is judged.
    [Theory]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { 0, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 1 })]
    [InlineData(new byte[] { 0xff, 0xff, 0xff, 0xff })]
    [InlineData(new byte[] { 0, 0, 0, 17 })]
    [InlineData(new byte[] { 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 1, 0, 0, 0, 1, 0xff })]
    [InlineData(new byte[] { 0, 0, 0, 1, 0, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 2, 0, 0, 0, 0 })]
    public async Task Answer_ThatIsMalformed_EndsTheConnection(byte[] body)
    {
        await StartAsync();
        await ProveAsync();
        await AskAsync();
        await _peer.SendPayloadAsync([MessageNumber.UserAuthInfoResponse, .. body]);
        Assert.Equal((uint)DisconnectCode.ProtocolError, (await _peer.ReadToEndAsync())?.Code);
        Assert.Equal(ConnectionEnd.ProtocolError, await _engine.EndAsync());
        var exchange = Assert.Single(_exchanges);
        Assert.Empty(exchange.Answers);
        Assert.Equal(1, exchange.Disposals);
    }

    [Theory]
    [InlineData(1024, true)]
    [InlineData(1025, false)]
    [InlineData(200_000, false)]
    public async Task Answer_IsBounded(int length, bool isTaken)
    {
        await StartAsync();
        await ProveAsync();
        await AskAsync();
        await AnswerAsync(new string('7', length));
        if (isTaken)
        {
            await _peer.ExpectAsync<UserAuthBanner>();
            await _peer.ExpectAsync<UserAuthFailure>();
        }
        else
        {
            Assert.Equal((uint)DisconnectCode.ProtocolError, (await _peer.ReadToEndAsync())?.Code);
        }

        Assert.Equal(isTaken ? 1 : 0, Assert.Single(_exchanges).Answers.Count);
    }

    // Security 13: the second of two answers is one to no question.
    [Theory]
    [InlineData("wrong")]
    [InlineData("right")]
    public async Task SecondAnswer_EndsTheConnection(string first)
    {
        await StartAsync();
        await ProveAsync();
        await AskAsync();
        await AnswerAsync(first);
        await AnswerAsync("right");
        Assert.Equal((uint)DisconnectCode.ProtocolError, (await _peer.ReadToEndAsync())?.Code);
        Assert.Equal(ConnectionEnd.ProtocolError, await _engine.EndAsync());
        Assert.Single(Assert.Single(_exchanges).Answers);
        Assert.Equal(first == "right", _engine.Connection is not null);
    }

    // Security 12: questions that are begun and dropped are tries; nobody is told of them (RFC 4252 section 5.1).
    [Fact]
    public async Task AbandonedQuestions_AreCountedAsTries()
    {
        await StartAsync(engine => engine.Interact = _ => Exchange());
        for (var i = 0; i < 6; i++)
        {
            await _peer.SendPayloadAsync(ScriptedExchange.Request("user" + i));
            await _peer.ExpectAsync<UserAuthInfoRequest>();
        }

        await _peer.SendPayloadAsync(ScriptedExchange.Request());
        Assert.Equal((uint)DisconnectCode.NoMoreAuthenticationMethods, (await _peer.ReadToEndAsync())?.Code);
        Assert.Equal(ConnectionEnd.AuthenticationFailed, await _engine.EndAsync());
        Assert.All(_exchanges, exchange => Assert.Equal(1, exchange.Disposals));
    }

    // Security 12: wrong codes count with all other failures.
    [Fact]
    public async Task WrongCodes_AreBounded()
    {
        await StartAsync();
        await ProveAsync();
        for (var i = 0; i < 5; i++)
        {
            await AskAsync();
            await AnswerAsync("wrong");
            await _peer.ExpectAsync<UserAuthBanner>();
            await _peer.ExpectAsync<UserAuthFailure>();
        }

        await AskAsync();
        await AnswerAsync("wrong");
        Assert.Equal((uint)DisconnectCode.NoMoreAuthenticationMethods, (await _peer.ReadToEndAsync())?.Code);
        Assert.Equal(6, _exchanges.Count);
    }

    [Fact]
    public async Task Rounds_AreBounded()
    {
        var limits = new AuthenticationLimits { MaximumRounds = 4 };
        await StartAsync(
            engine => engine.Interact = _ => Keep(new ScriptedExchange(ScriptedExchange.Ask(), _ => ScriptedExchange.Ask())), limits);
        await _peer.SendPayloadAsync(ScriptedExchange.Request());
        for (var i = 0; i < 4; i++)
        {
            await _peer.ExpectAsync<UserAuthInfoRequest>();
            await AnswerAsync();
        }

        await _peer.ExpectAsync<UserAuthFailure>();
        Assert.Equal((uint)DisconnectCode.NoMoreAuthenticationMethods, (await _peer.ReadToEndAsync())?.Code);
        Assert.Equal(1, Assert.Single(_exchanges).Disposals);
    }

    [Fact]
    public async Task Interaction_IsOfferedOnlyWhereTheHostSaysSo()
    {
        await StartAsync(engine => engine.Interact = _ => Exchange());
        await _peer.SendAsync(new UserAuthRequest("user", "ssh-connection", "none", []));
        Assert.Equal(Both, (await _peer.ExpectAsync<UserAuthFailure>()).Methods);
        await AskAsync();
        await AnswerAsync("right");
        await _peer.ExpectAsync<UserAuthSuccess>();
        Assert.Empty(_engine.Proved);
    }

    [Fact]
    public async Task Person_WhoWasToldWhy_IsNotAsked()
    {
        await StartAsync(engine => engine.Interact = _ => Exchange());
        _engine.Judge = _ => new AuthenticationOutcome.Refused("no access");
        await _peer.SendPayloadAsync(_peer.SignedRequest(_mine));
        await _peer.ExpectAsync<UserAuthBanner>();
        Assert.Equal(["publickey"], (await _peer.ExpectAsync<UserAuthFailure>()).Methods);
        await _peer.SendPayloadAsync(ScriptedExchange.Request());
        Assert.Equal(["publickey"], (await _peer.ExpectAsync<UserAuthFailure>()).Methods);
        Assert.Empty(_exchanges);
    }

    [Fact]
    public async Task LoginGrace_StandsStillWhileAPersonIsAsked_AndEndsAfterThat()
    {
        await StartAsync();
        await ProveAsync();
        _clock.Advance(TimeSpan.FromSeconds(100));
        await AskAsync();
        _clock.Advance(TimeSpan.FromSeconds(179));
        await AnswerAsync("wrong");
        await _peer.ExpectAsync<UserAuthBanner>();
        await _peer.ExpectAsync<UserAuthFailure>();
        _clock.Advance(TimeSpan.FromSeconds(19));
        Assert.False(_engine.Running.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(ConnectionEnd.AuthenticationFailed, await _engine.EndAsync());
    }

    [Theory]
    [InlineData(180, 30)]
    [InlineData(600, 150)]
    public async Task LoginGrace_IsExtendedWithinItsBounds(int patience, int limit)
    {
        var limits = new AuthenticationLimits { InteractiveGrace = TimeSpan.FromSeconds(limit) };
        await StartAsync(
            engine => engine.Interact = _ => Keep(new ScriptedExchange(ScriptedExchange.Ask("?"), _ => ScriptedExchange.Ask("?")) { Patience = TimeSpan.FromSeconds(patience) }),
            limits);
        await AskAsync();
        await AnswerAsync("x");
        await _peer.ExpectAsync<UserAuthInfoRequest>();
        _clock.Advance(TimeSpan.FromSeconds(119 + limit));
        Assert.False(_engine.Running.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(ConnectionEnd.AuthenticationFailed, await _engine.EndAsync());
        Assert.Equal(1, Assert.Single(_exchanges).Disposals);
        Assert.Equal(0, _clock.ActiveTimers);
    }

    // The time for questions is one for the whole connection, however often they are begun anew.
    [Fact]
    public async Task LoginGrace_IsNotExtendedAnewByEachExchange()
    {
        await StartAsync(engine => engine.Interact = _ => Exchange(), new AuthenticationLimits { InteractiveGrace = TimeSpan.FromSeconds(200) });
        await AskAsync();
        _clock.Advance(TimeSpan.FromSeconds(150));
        await _peer.SendPayloadAsync(ScriptedExchange.Request("second"));
        await _peer.ExpectAsync<UserAuthInfoRequest>();
        _clock.Advance(TimeSpan.FromSeconds(169));
        Assert.False(_engine.Running.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(ConnectionEnd.AuthenticationFailed, await _engine.EndAsync());
    }

    [Fact]
    public async Task Exchange_ThatWaits_IsCancelledWithTheConnection()
    {
        var waits = new TaskCompletionSource();
        await StartAsync(engine => engine.Interact = _ => Keep(new ScriptedExchange(ScriptedExchange.Ask(), _ => ScriptedExchange.Ask())
        {
            Wait = token =>
            {
                waits.SetResult();
                return Task.Delay(Timeout.InfiniteTimeSpan, token);
            },
        }));
        await AskAsync();
        await AnswerAsync();
        await waits.Task.WaitAsync(ScriptedPeer.Patience);
        await _engine.StopAsync();
        Assert.Equal(ConnectionEnd.LocalDisconnect, await _engine.EndAsync());
        Assert.Equal(1, Assert.Single(_exchanges).Disposals);
    }

    private async Task StartAsync(Action<EngineFixture>? prepare = null, AuthenticationLimits? limits = null)
    {
        (_engine, _peer) = await EngineFixture.StartAsync(EngineFixture.Config with
        {
            TimeProvider = _clock,
            Authentication = limits ?? new AuthenticationLimits(),
        });
        _engine.Judge = _ => new AuthenticationOutcome.PartlyAccepted(new ScriptedExchange.After(Exchange));
        prepare?.Invoke(_engine);
        await _peer.ExchangeVersionsAsync();
        await _peer.ExchangeKeysAsync();
        await _peer.RequestServiceAsync();
    }

    /// <summary>Takes the answers "right" and, in three rounds, "more".</summary>
    private ScriptedExchange Exchange() => Keep(new ScriptedExchange(ScriptedExchange.Ask("Code: "), responses => responses switch
    {
        ["right"] or [] => new InteractiveStep.Decided(new AuthenticationOutcome.Accepted(_engine)),
        ["more"] => ScriptedExchange.Ask("One: ", "Two: "),
        [_, _] => ScriptedExchange.Ask(),
        _ => new InteractiveStep.Decided(new AuthenticationOutcome.Refused("Not that.\n")),
    }));

    private ScriptedExchange Keep(ScriptedExchange exchange)
    {
        _exchanges.Add(exchange);
        return exchange;
    }

    private async Task ProveAsync()
    {
        await _peer.SendPayloadAsync(_peer.SignedRequest(_mine));
        var failure = await _peer.ExpectAsync<UserAuthFailure>();
        Assert.True(failure.IsPartialSuccess);
        Assert.Equal(["keyboard-interactive"], failure.Methods);
    }

    private async Task<UserAuthInfoRequest> AskAsync()
    {
        await _peer.SendPayloadAsync(ScriptedExchange.Request());
        return await _peer.ExpectAsync<UserAuthInfoRequest>();
    }

    private Task AnswerAsync(params string[] answers) => _peer.SendAsync(new UserAuthInfoResponse(answers));
}
