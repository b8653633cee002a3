using Postern.Ssh.Messages;
using Postern.Ssh.Server;
using Postern.Ssh.Tests.Fixtures;
using Postern.Ssh.Transport;

namespace Postern.Ssh.Tests.Transport;

/// <summary>Key exchanges that the peer of a signed-in connection begins cost it something of a budget. Security 40.</summary>
public sealed class RekeyBudgetTests
{
    private const string Refusal = "more than 20 re-keys, with another for each 32768 bytes and for each 3 seconds";

    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public async Task ClientThatReKeysForNothing_IsDropped()
    {
        var (engine, peer) = await ConnectAsync();
        using var gone = peer;

        // Each exchange moves some 2 KiB itself, with which one or two come back.
        Assert.InRange(await ReKeyWithoutEndAsync(peer), 20, 22);
        Assert.Equal(ConnectionEnd.ProtocolError, await engine.EndAsync());
    }

    [Fact]
    public async Task ClientThatWaitsBetween_MayGoOn_AndOneThatReturnsToTheLoopIsDropped()
    {
        var (engine, peer) = await ConnectAsync();
        using var gone = peer;
        for (var i = 0; i < 60; i++)
        {
            await peer.ExchangeKeysAsync();
            await peer.SendAsync(new Ping([1]));
            await peer.ExpectAsync<Pong>();
            _clock.Advance(TimeSpan.FromSeconds(3));
        }

        // Time saves no more than the budget has, however much of it.
        _clock.Advance(TimeSpan.FromSeconds(59));
        Assert.InRange(await ReKeyWithoutEndAsync(peer), 20, 22);
        Assert.Equal(ConnectionEnd.ProtocolError, await engine.EndAsync());
    }

    [Fact]
    public async Task ClientThatMovesDataBetween_MayGoOn()
    {
        var (engine, peer) = await ConnectAsync();
        using var gone = peer;
        for (var i = 0; i < 60; i++)
        {
            await peer.SendAsync(new Ignore(new byte[32 * 1024]));
            await peer.ExchangeKeysAsync();
        }

        // What was moved and not needed is saved up to the budget, and not beyond.
        await peer.SendAsync(new Ignore(new byte[200_000]));
        await peer.SendAsync(new Ignore(new byte[200_000]));
        await peer.SendAsync(new Ignore(new byte[200_000]));
        await peer.SendAsync(new Ignore(new byte[200_000]));
        Assert.InRange(await ReKeyWithoutEndAsync(peer), 20, 22);
        Assert.Equal(ConnectionEnd.ProtocolError, await engine.EndAsync());
    }

    [Fact]
    public void CenturiesOfSilence_LeaveTheBudgetFull()
    {
        var budget = new RekeyBudget(new TransportLimits(), _clock);
        for (var i = 0; i < 3; i++)
        {
            _clock.Advance(TimeSpan.FromDays(100_000));
            budget.Spend(long.MaxValue / 2);
        }

        for (var i = 0; i < 19; i++)
        {
            budget.Spend(long.MaxValue / 2);
        }

        Assert.Equal(Refusal, Assert.Throws<DisconnectException>(() => budget.Spend(long.MaxValue / 2)).Message);
    }

    // What the engine asked for is its own matter.
    [Fact]
    public async Task ReKeysOfOurs_CostThePeerNothing()
    {
        var config = EngineFixture.Config with { TimeProvider = _clock, Transport = new TransportLimits { RekeyInterval = TimeSpan.FromMilliseconds(1) } };
        var (engine, peer) = await EngineFixture.ConnectAsync(config);
        using var gone = peer;
        for (var i = 0; i < 60; i++)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(1));
            await peer.ReceiveKexInitAsync();
            await peer.SendKexInitAsync();
            await peer.FinishKeyExchangeAsync();

            await peer.SendAsync(new Ping([1]));
            await peer.ExpectAsync<Pong>();
        }

        peer.EndSending();
        Assert.Equal(ConnectionEnd.TransportClosed, await engine.EndAsync());
    }

    // Security 68: a server can do it to our client as well.
    [Fact]
    public async Task ServerThatReKeysForNothing_IsLeft()
    {
        var (server, client) = await ScriptedServer.StartSignedInAsync(ClientFixture.Config with { TimeProvider = _clock });
        using var gone = server;
        var exchanges = 0;
        await using (client)
        {
            while (!client.Ended.IsCompleted && exchanges < 60)
            {
                try
                {
                    await server.ExchangeKeysAsync();
                    exchanges++;
                }
                catch (Exception) when (exchanges >= 20)
                {
                    break;
                }
            }

            Assert.InRange(exchanges, 20, 23);
            Assert.Equal(ConnectionEnd.ProtocolError, await client.Ended.WaitAsync(ScriptedPeer.Patience));
        }
    }

    private Task<(EngineFixture Engine, ScriptedPeer Peer)> ConnectAsync() =>
        EngineFixture.ConnectAsync(EngineFixture.Config with { TimeProvider = _clock });

    /// <summary>Exchanges keys until that is refused, at most a hundred times, and says how often it was not.</summary>
    private static async Task<int> ReKeyWithoutEndAsync(ScriptedPeer peer)
    {
        for (var i = 0; i < 100; i++)
        {
            await peer.SendKexInitAsync();
            var answer = await peer.ReceiveAsync();
            Assert.NotNull(answer);
            if (answer[0] == MessageNumber.Disconnect)
            {
                var goodbye = MessageCodec.Read<Disconnect>(answer);
                Assert.Equal(((uint)DisconnectCode.ProtocolError, Refusal), (goodbye.Code, goodbye.Description));
                return i;
            }

            peer.TakeKexInit(answer);
            await peer.FinishKeyExchangeAsync();
        }

        return 100;
    }
}
