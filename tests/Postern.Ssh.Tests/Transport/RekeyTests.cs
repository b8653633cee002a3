using Postern.Ssh.Messages;
using Postern.Ssh.Server;
using Postern.Ssh.Tests.Fixtures;
using Postern.Ssh.Transport;

namespace Postern.Ssh.Tests.Transport;

/// <summary>Later key exchanges: by time, by volume, at once, never finished.</summary>
public class RekeyTests
{
    [Fact]
    public async Task Interval_MakesTheServerAskForNewKeys()
    {
        var clock = new FakeTimeProvider();
        var (engine, peer) = await EngineFixture.ConnectAsync(EngineFixture.Config with { TimeProvider = clock });
        for (var i = 0; i < 3; i++)
        {
            clock.Advance(TimeSpan.FromHours(1));
            await peer.ReceiveKexInitAsync();
            await peer.SendKexInitAsync();
            await peer.FinishKeyExchangeAsync();
            await peer.SendAsync(new Ping([1]));
            await peer.ExpectAsync<Pong>();
        }

        peer.Dispose();
        Assert.Equal(ConnectionEnd.TransportClosed, await engine.EndAsync());
        Assert.Equal(0, clock.ActiveTimers);
    }

    [Fact]
    public async Task PeerThatDoesNotAnswerKexInit_IsDropped()
    {
        var clock = new FakeTimeProvider();
        var (engine, peer) = await EngineFixture.ConnectAsync(EngineFixture.Config with { TimeProvider = clock });
        clock.Advance(TimeSpan.FromHours(1));
        await peer.ReceiveKexInitAsync();
        clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal("the key exchange took too long", (await peer.ReadToEndAsync())?.Description);
        Assert.Equal(ConnectionEnd.ProtocolError, await engine.EndAsync());
        peer.Dispose();
    }

    [Fact]
    public async Task PeerThatBeginsAndNeverFinishes_IsDropped()
    {
        var clock = new FakeTimeProvider();
        var (engine, peer) = await EngineFixture.ConnectAsync(EngineFixture.Config with { TimeProvider = clock });
        await peer.SendKexInitAsync();
        await peer.ReceiveKexInitAsync();
        clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(ConnectionEnd.ProtocolError, await engine.EndAsync());
        peer.Dispose();
    }

    // The peer's data until its KEXINIT is legal, and what we owe it waits until the keys are there.
    [Fact]
    public async Task AnswersDuringOurKeyExchange_AreHeldAndArriveAfterIt()
    {
        var clock = new FakeTimeProvider();
        var (engine, peer) = await EngineFixture.ConnectAsync(EngineFixture.Config with { TimeProvider = clock });
        clock.Advance(TimeSpan.FromHours(1));
        await peer.ReceiveKexInitAsync();
        await peer.SendAsync(new Ping([1]));
        await peer.SendAsync(new Ping([2]));
        await peer.SendKexInitAsync();
        await peer.FinishKeyExchangeAsync();
        Assert.Equal([1], (await peer.ExpectAsync<Pong>()).Content);
        Assert.Equal([2], (await peer.ExpectAsync<Pong>()).Content);
        peer.Dispose();
        await engine.EndAsync();
    }

    [Fact]
    public async Task AnswersHeldWithoutEnd_EndTheConnection()
    {
        var clock = new FakeTimeProvider();
        var config = EngineFixture.Config with { TimeProvider = clock, Transport = new TransportLimits { QueuedControl = 150_000 } };
        var (engine, peer) = await EngineFixture.ConnectAsync(config);
        clock.Advance(TimeSpan.FromHours(1));
        await peer.ReceiveKexInitAsync();
        for (var i = 0; i < 1000 && !engine.Running.IsCompleted; i++)
        {
            await peer.SendAsync(new Ping([1]));
        }

        Assert.Equal(ConnectionEnd.ProtocolError, await engine.EndAsync());
        peer.Dispose();
    }

    [Fact]
    public async Task DataDuringTheHeldKeyExchange_IsBounded()
    {
        var clock = new FakeTimeProvider();
        var config = EngineFixture.Config with { TimeProvider = clock, Transport = new TransportLimits { QueuedData = 100_000 } };
        var (engine, peer) = await EngineFixture.ConnectAsync(config);
        await peer.SendAsync(new ChannelOpen("session", 1, 10_000_000, 32_768, []));
        await peer.ExpectAsync<ChannelOpenConfirmation>();
        clock.Advance(TimeSpan.FromHours(1));
        await peer.ReceiveKexInitAsync();

        Assert.True(engine.Channels.TryPeek(out var handler));
        var sent = 0;
        while (handler.Channel.RentData() is { Length: > 0 } buffer)
        {
            sent += buffer.Length;
            handler.Channel.CommitData(buffer.Length);
        }

        Assert.InRange(sent, 100_000, 140_000);
        var waiting = handler.Channel.WaitToSendAsync(CancellationToken.None);
        Assert.False(waiting.IsCompleted);

        await peer.SendKexInitAsync();
        await peer.FinishKeyExchangeAsync();
        Assert.True(await waiting);
        for (var received = 0; received < sent;)
        {
            var payload = await peer.ReceiveAsync();
            received += MessageCodec.Read<ChannelData>(payload).Data.Length;
        }

        peer.Dispose();
        await engine.EndAsync();
    }

    [Fact]
    public async Task Volume_MakesTheServerAskForNewKeys()
    {
        var config = EngineFixture.Config with { Transport = new TransportLimits { RekeyBytes = 50_000 } };
        var (engine, peer) = await EngineFixture.ConnectAsync(config);
        await peer.SendAsync(new Ignore(new byte[60_000]));
        await peer.ReceiveKexInitAsync();
        await peer.SendKexInitAsync();
        await peer.FinishKeyExchangeAsync();
        await peer.SendAsync(new Ping([1]));
        await peer.ExpectAsync<Pong>();
        peer.Dispose();
        await engine.EndAsync();
    }

    [Fact]
    public async Task BothAtOnce_AreOneExchange()
    {
        // The interval is shorter than the timeout, so that passing it ends no exchange that has begun.
        var clock = new FakeTimeProvider();
        var interval = TimeSpan.FromSeconds(10);
        var config = EngineFixture.Config with { TimeProvider = clock, Transport = new TransportLimits { RekeyInterval = interval } };
        var (engine, peer) = await EngineFixture.ConnectAsync(config);
        await peer.SendKexInitAsync();
        clock.Advance(interval);
        await peer.ReceiveKexInitAsync();
        await peer.FinishKeyExchangeAsync();
        await peer.SendAsync(new Ping([1]));
        await peer.ExpectAsync<Pong>();
        peer.Dispose();
        await engine.EndAsync();
    }

    [Fact]
    public async Task BeforeAuthentication_TheClientMayAskForNewKeys()
    {
        var (engine, peer) = await EngineFixture.StartAsync();
        await peer.ExchangeVersionsAsync();
        await peer.ExchangeKeysAsync();
        var session = peer.SessionId;
        await peer.ExchangeKeysAsync();
        Assert.Equal(session, peer.SessionId);
        await peer.RequestServiceAsync();
        await peer.AuthenticateAsync();
        peer.Dispose();
        await engine.EndAsync();
    }

    [Fact]
    public async Task BeforeAuthentication_NewKeysWithoutEnd_EndTheConnection()
    {
        var (engine, peer) = await EngineFixture.StartAsync();
        await peer.ExchangeVersionsAsync();
        await peer.ExchangeKeysAsync();
        await peer.ExchangeKeysAsync();
        await peer.ExchangeKeysAsync();
        await peer.SendKexInitAsync();
        Assert.Equal("more than 2 re-keys before authentication", (await peer.ReadToEndAsync())?.Description);
        Assert.Equal(ConnectionEnd.ProtocolError, await engine.EndAsync());
        peer.Dispose();
    }
}
