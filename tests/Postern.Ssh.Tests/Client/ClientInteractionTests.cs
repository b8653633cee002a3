using Postern.Ssh.Client;
using Postern.Ssh.Messages;
using Postern.Ssh.Server;
using Postern.Ssh.Tests.Fixtures;

namespace Postern.Ssh.Tests.Client;

/// <summary>The client answers what servers ask the person, and no more than it must.</summary>
public sealed class ClientInteractionTests
{
    [Fact]
    public async Task KeyAndCode_SignIn()
    {
        var answers = new ScriptedAnswers("123456");
        await using var fixture = new ClientFixture();
        fixture.Judge = _ => new AuthenticationOutcome.PartlyAccepted(new ScriptedExchange.After(() => new ScriptedExchange(
            ScriptedExchange.Ask("Code:\x1b[31m "),
            responses => new InteractiveStep.Decided(
                responses is ["123456"] ? new AuthenticationOutcome.Accepted(fixture) : new AuthenticationOutcome.Refused(null)))));
        await using var client = await fixture.ConnectAsync(ClientFixture.Config with { Prompts = answers });
        var round = Assert.Single(answers.Rounds);
        Assert.Equal("Two\nlines", round.Instruction);
        Assert.Equal("Code:?[31m ", Assert.Single(round.Prompts).Text);
    }

    [Fact]
    public async Task NoKey_IsAskedWhereTheServerOffersIt()
    {
        await using var fixture = new ClientFixture();
        fixture.Interact = _ => new ScriptedExchange(
            ScriptedExchange.Ask(), _ => new InteractiveStep.Decided(new AuthenticationOutcome.Accepted(fixture)));
        await using var client = await fixture.ConnectAsync(
            ClientFixture.Config with { Identities = [], Prompts = new ScriptedAnswers("") });
        Assert.Empty(fixture.Proved);
    }

    [Fact]
    public async Task WrongAnswers_EndWithTheAttempts()
    {
        var answers = new ScriptedAnswers("wrong");
        await using var fixture = new ClientFixture();
        fixture.Judge = _ => new AuthenticationOutcome.PartlyAccepted(new ScriptedExchange.After(() => new ScriptedExchange(
            ScriptedExchange.Ask("Code: "), _ => new InteractiveStep.Decided(new AuthenticationOutcome.Refused(null)))));
        var config = ClientFixture.Config with { Prompts = answers, Limits = new ClientLimits { Attempts = 4 } };
        var failure = await Assert.ThrowsAsync<ConnectFailedException>(() => fixture.ConnectAsync(config));
        Assert.Equal("more than 4 authentication attempts", failure.Message);
        Assert.Equal(3, answers.Rounds.Count);
    }

    [Fact]
    public async Task QuestionsBeforeTheClientAsked_EndTheConnection()
    {
        var answers = new ScriptedAnswers("secret");
        using var server = await ScriptedServer.StartAtAuthenticationAsync(ClientFixture.Config with { Prompts = answers });
        await server.ExpectAsync<UserAuthRequest>();
        await server.SendAsync(new UserAuthInfoRequest("", "", [new("Password: ", IsEchoed: false)]));
        Assert.Equal(ConnectionEnd.ProtocolError, (await server.FailureAsync()).End);
        Assert.Empty(answers.Rounds);
    }

    [Fact]
    public async Task EndlessQuestions_AreBounded()
    {
        var answers = new ScriptedAnswers("x");
        var config = ClientFixture.Config with { Prompts = answers, Limits = new ClientLimits { Rounds = 5 } };
        using var server = await StartAskingAsync(config);
        for (var i = 0; i < 5; i++)
        {
            await server.SendAsync(new UserAuthInfoRequest("", "", []));
            Assert.Empty((await server.ExpectAsync<UserAuthInfoResponse>()).Responses);
        }

        await server.SendAsync(new UserAuthInfoRequest("", "", []));
        Assert.Equal("the server asked in more than 5 rounds", (await server.FailureAsync()).Message);
    }

    [Theory]
    [InlineData("fails", "the server's questions were not answered")]
    [InlineData("too few", "0 answers to 1 questions")]
    [InlineData("too long", "an answer of more than 1024 bytes")]
    public async Task AnswersThatAreNone_EndTheAttempt(string what, string expected)
    {
        var answers = new ScriptedAnswers("x")
        {
            Otherwise = _ => what switch
            {
                "too few" => [],
                "too long" => [new string('é', 513)],
                _ => throw new InvalidOperationException("no terminal"),
            },
        };
        using var server = await StartAskingAsync(ClientFixture.Config with { Prompts = answers });
        await server.SendAsync(new UserAuthInfoRequest("", "", [new("Code: ", IsEchoed: true)]));
        var failure = await server.FailureAsync();
        Assert.Equal((ConnectionEnd.AuthenticationFailed, expected), (failure.End, failure.Message));
    }

    private static async Task<ScriptedServer> StartAskingAsync(ClientConfig config)
    {
        var server = await ScriptedServer.StartAtAuthenticationAsync(config);
        await server.ExpectAsync<UserAuthRequest>();
        await server.SendAsync(new UserAuthFailure(["keyboard-interactive"], IsPartialSuccess: true));
        Assert.Equal("keyboard-interactive", (await server.ExpectAsync<UserAuthRequest>()).Method);
        return server;
    }
}
