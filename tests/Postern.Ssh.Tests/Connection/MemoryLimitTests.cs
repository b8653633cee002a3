using Postern.Ssh.Connection;
using Postern.Ssh.Messages;
using Postern.Ssh.Server;
using Postern.Ssh.Tests.Fixtures;
using Postern.Ssh.Transport;

namespace Postern.Ssh.Tests.Connection;

/// <summary>What happens when the memory of all connections is nearly or wholly spent.</summary>
public sealed class MemoryLimitTests
{
    private static readonly ChannelOpen Session = new("session", 0, 1_000_000, 32_768, []);

    [Fact]
    public async Task Budget_ThatIsHalfSpent_GivesSmallWindows()
    {
        var (engine, peer, budget) = await StartAsync(1_000_000);
        using var _ = engine;
        using var __ = peer;
        using var other = budget.Open(_ => { });
        await peer.SendAsync(Session);
        Assert.Equal(2_097_152u, (await peer.ExpectAsync<ChannelOpenConfirmation>()).InitialWindow);

        other.Add(500_001);

        await peer.SendAsync(Session);
        Assert.Equal(131_072u, (await peer.ExpectAsync<ChannelOpenConfirmation>()).InitialWindow);
    }

    [Fact]
    public async Task Budget_ThatIsSpent_RefusesChannelsUntilThereIsRoom()
    {
        var (engine, peer, budget) = await StartAsync(1_000_000);
        using var _ = engine;
        using var __ = peer;
        using var other = budget.Open(_ => { });
        other.Add(1_000_000);
        await peer.SendAsync(Session);
        var refusal = await peer.ExpectAsync<ChannelOpenFailure>();
        Assert.Equal((uint)ChannelOpenFailureReason.ResourceShortage, refusal.Reason);
        Assert.Contains("memory", refusal.Description, StringComparison.Ordinal);

        other.Add(-1_000_000);

        await peer.SendAsync(Session);
        await peer.ExpectAsync<ChannelOpenConfirmation>();
    }

    [Fact]
    public async Task Connection_ThatFillsTheMemory_IsEndedAndAnotherGoesOn()
    {
        var (engine, peer, budget) = await StartAsync(1_000_000);
        using var _ = engine;
        using var __ = peer;
        engine.Prepare = channel => channel.Appetite = 0;
        using var innocent = budget.Open(_ => Assert.Fail("it holds less"));
        innocent.Add(100_000);
        await peer.SendAsync(Session);
        await peer.ExpectAsync<ChannelOpenConfirmation>();
        for (var i = 0; i < 60; i++)
        {
            await ChannelTests.SendDataAsync(peer, 0, new byte[32_000]);
        }

        var goodbye = await peer.ReadToEndAsync();
        Assert.Contains("short of memory", goodbye?.Description, StringComparison.Ordinal);
        Assert.Equal(ConnectionEnd.MemoryShortage, await engine.EndAsync());
        Assert.Equal(1, budget.Ended);
        Assert.Equal(100_000, budget.Used);
    }

    [Fact]
    public async Task DataAndRequests_ThatWait_AreCountedUntilTheyAreTaken()
    {
        var (engine, peer, budget) = await StartAsync(100_000_000);
        using var _ = engine;
        using var __ = peer;
        engine.Prepare = channel => channel.Appetite = 0;
        await peer.SendAsync(Session);
        await peer.ExpectAsync<ChannelOpenConfirmation>();
        for (var i = 0; i < 40; i++)
        {
            await ChannelTests.SendDataAsync(peer, 0, new byte[32_000]);
        }

        await WaitForAsync(() => budget.Used >= 40 * 32_000);
        Assert.True(engine.Channels.TryPeek(out var channel));
        channel.Appetite = int.MaxValue;
        channel.Channel.ResumeReceive();
        await WaitForAsync(() => budget.Used == 0);

        await peer.SendRawAsync(peer.Seal(new byte[1000]).AsMemory(0, 500));
        await WaitForAsync(() => budget.Used > 0);
        peer.Dispose();
        await engine.EndAsync();
        Assert.Equal(0, budget.Used);
    }

    // Each change between the streams is kept by itself, which costs more than the bytes.
    [Fact]
    public async Task DataOfBothStreamsInTurn_IsCountedByWhatItTakes()
    {
        var (engine, peer, budget) = await StartAsync(100_000_000);
        using var _ = engine;
        using var __ = peer;
        engine.Prepare = channel => (channel.Appetite, channel.WantsStandardError) = (0, true);
        await peer.SendAsync(Session);
        await peer.ExpectAsync<ChannelOpenConfirmation>();
        for (var i = 0; i < 2000; i++)
        {
            await ChannelTests.SendDataAsync(peer, 0, [1]);
            await peer.SendPayloadAsync([MessageNumber.ChannelExtendedData, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 2]);
        }

        await WaitForAsync(() => budget.Used >= 4000 * 64);
        Assert.True(engine.Channels.TryPeek(out var channel));
        channel.Appetite = int.MaxValue;
        channel.Channel.ResumeReceive();
        await WaitForAsync(() => budget.Used == 0);
        Assert.Equal(4000, channel.Events.Count);
    }

    [Fact]
    public async Task GlobalRequests_ThatWait_AreCounted()
    {
        var (engine, peer, budget) = await StartAsync(100_000_000);
        using var _ = engine;
        using var __ = peer;
        var answer = new TaskCompletionSource<GlobalReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        engine.Answer = _ => new(answer.Task);
        await peer.SendAsync(new GlobalRequestMessage("first@example.com", WantsReply: true, []));
        await peer.SendAsync(new GlobalRequestMessage("second@example.com", WantsReply: true, new byte[50_000]));
        await WaitForAsync(() => budget.Used >= 50_000);

        answer.SetResult(GlobalReply.Failure);
        await peer.ExpectAsync<RequestFailure>();
        await peer.ExpectAsync<RequestFailure>();
        await WaitForAsync(() => budget.Used == 0);
    }

    // Somebody may take minutes to sign in. What came behind the request waits in a buffer, and without it there is none.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task BufferOfWhoWaitsForAuthentication_IsCounted(bool hasMore)
    {
        var budget = new MemoryBudget(100_000_000);
        var judgement = new TaskCompletionSource<AuthenticationOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        var (engine, peer) = await EngineFixture.StartAsync(
            EngineFixture.Config with { Transport = new TransportLimits { Memory = budget } });
        using var _ = engine;
        using var __ = peer;
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        engine.JudgeLater = _ =>
        {
            asked.SetResult();
            return new(judgement.Task);
        };
        await peer.ExchangeVersionsAsync();
        await peer.ExchangeKeysAsync();
        await peer.RequestServiceAsync();
        byte[] request = peer.Seal(peer.SignedRequest(peer.Key));
        byte[] next = peer.Seal(ScriptedPeer.Encode(new Ping([1])));
        await peer.SendRawAsync(hasMore ? [.. request, .. next] : request);
        await asked.Task.WaitAsync(ScriptedPeer.Patience);
        await WaitForAsync(() => budget.Used > 0 == hasMore);

        judgement.SetResult(new AuthenticationOutcome.Accepted(engine));
        await peer.ExpectAsync<UserAuthSuccess>();
        if (!hasMore)
        {
            await peer.SendRawAsync(next);
        }

        await peer.ExpectAsync<Pong>();
        await WaitForAsync(() => budget.Used == 0);
    }

    [Fact]
    public async Task Counts_AreAddedUpOverConnections()
    {
        using var metrics = new EngineMetrics(new MemoryBudget(1));
        using var listener = new System.Diagnostics.Metrics.MeterListener();
        var values = new Dictionary<string, long>();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter == metrics.Meter)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => values[instrument.Name] = value);
        listener.Start();
        var (engine, peer) = await EngineFixture.ConnectAsync(EngineFixture.Config with
        {
            Metrics = metrics,
            Channels = new ChannelLimits { MaximumChannels = 1 },
        });
        using var _ = engine;
        using var __ = peer;
        await peer.SendAsync(Session);
        await peer.ExpectAsync<ChannelOpenConfirmation>();
        await peer.SendAsync(Session);
        await peer.ExpectAsync<ChannelOpenFailure>();
        await peer.ExchangeKeysAsync();
        await ChannelTests.SendDataAsync(peer, 0, new byte[1000]);
        await WaitForAsync(() => Read("postern_ssh_rekeys") == 1 && Read("postern_ssh_received_bytes") > 2000);

        Assert.Equal(1, Read("postern_ssh_connections"));
        Assert.Equal(1, Read("postern_ssh_channels"));
        Assert.Equal(1, Read("postern_ssh_refused_channels"));
        Assert.InRange(Read("postern_ssh_sent_bytes"), 500, 10_000);
        var received = Read("postern_ssh_received_bytes");

        peer.Dispose();
        await engine.EndAsync();
        Assert.Equal(0, Read("postern_ssh_connections"));
        Assert.Equal(0, Read("postern_ssh_channels"));
        Assert.Equal(1, Read("postern_ssh_rekeys"));
        Assert.Equal(received, Read("postern_ssh_received_bytes"));
        Assert.Equal(1, values["postern_ssh_connections_ended"]);

        long Read(string name)
        {
            listener.RecordObservableInstruments();
            return values[name];
        }
    }

    private static async Task<(EngineFixture Engine, ScriptedPeer Peer, MemoryBudget Budget)> StartAsync(long limit)
    {
        var budget = new MemoryBudget(limit);
        var (engine, peer) = await EngineFixture.ConnectAsync(
            EngineFixture.Config with { Transport = new TransportLimits { Memory = budget, LingerTimeout = TimeSpan.FromMilliseconds(10) } });
        return (engine, peer, budget);
    }

    private static async Task WaitForAsync(Func<bool> isTrue)
    {
        using var patience = new CancellationTokenSource(ScriptedPeer.Patience);
        while (!isTrue())
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
