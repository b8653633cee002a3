using Postern.Ssh.Connection;
using Postern.Ssh.Messages;
using Postern.Ssh.Server;
using Postern.Ssh.Tests.Fixtures;

namespace Postern.Ssh.Tests.Connection;

/// <summary>Clients that are no longer there are noticed, by a clock that the test moves.</summary>
public class KeepAliveTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task ClientThatAnswers_StaysForEver()
    {
        var clock = new FakeTimeProvider();
        var (engine, peer) = await EngineFixture.ConnectAsync(Config(clock));
        for (var i = 0; i < 6; i++)
        {
            clock.Advance(Interval);
            var question = await peer.ExpectAsync<GlobalRequestMessage>();
            Assert.Equal(("keepalive@openssh.com", true), (question.Name, question.WantsReply));

            // Clients that do not know it refuse it, which is an answer too.
            await (i % 2 == 0 ? peer.SendAsync(default(RequestFailure)) : peer.SendAsync(new RequestSuccess([])));
            await ChannelTests.SettleAsync(peer);
            await AnsweredAsync(engine, peer);
        }

        await ChannelTests.EndAsync(engine, peer);
        Assert.Equal(0, clock.ActiveTimers);
    }

    [Fact]
    public async Task ClientThatDoesNotAnswer_IsDropped()
    {
        var clock = new FakeTimeProvider();
        var (engine, peer) = await EngineFixture.ConnectAsync(Config(clock));
        for (var i = 0; i < 3; i++)
        {
            clock.Advance(Interval - TimeSpan.FromSeconds(1));
            Assert.False(engine.Running.IsCompleted);
            clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal("the client does not answer", (await peer.ReadToEndAsync())?.Description);
        await engine.EndAsync();
        Assert.Equal([ConnectionEnd.TransportClosed], engine.Ends);
        peer.Dispose();
    }

    // The answer sets the count back on another thread; a question of ours behind it says that it has been there.
    private static async Task AnsweredAsync(EngineFixture engine, ScriptedPeer peer)
    {
        var asked = engine.Connection!.RequestAsync(new GlobalRequest.Other("after@example.com", default), CancellationToken.None);
        await peer.ExpectAsync<GlobalRequestMessage>();
        await peer.SendAsync(default(RequestFailure));
        await asked;
    }

    private static ServerConfig Config(FakeTimeProvider clock) => EngineFixture.Config with
    {
        TimeProvider = clock,
        KeepAlive = new KeepAliveLimits { Interval = Interval, Count = 2 },
    };
}
