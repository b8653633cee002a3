using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Postern.Ssh.Connection;
using Postern.Ssh.EventLoops;
using Postern.Ssh.Messages;
using Postern.Ssh.Server;
using Postern.Ssh.Tests.Connection;
using Postern.Ssh.Tests.Fixtures;
using Postern.Ssh.Transport;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Tests.Transport;

/// <summary>Each limit of a connection that is reached is counted by its name, and said in the log once.</summary>
public sealed class ReachedLimitsTests : IDisposable
{
    private readonly EngineMetrics _metrics = new(new MemoryBudget(1));
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<string> _counted = new();
    private readonly LinesOfLimits _log = new();
    private readonly ServerConfig _config;

    public ReachedLimitsTests()
    {
        _config = EngineFixture.Config with { Metrics = _metrics, TimeProvider = new FakeTimeProvider() };
        _listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter == _metrics.Meter && instrument.Name == "postern_ssh_limits_reached")
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, _, tags, _) => _counted.Enqueue($"{tags[0].Key} {tags[0].Value}"));
        _listener.Start();
    }

    public void Dispose()
    {
        _listener.Dispose();
        _metrics.Dispose();
    }

    [Fact]
    public async Task ReKeysWithoutEnd_AreCounted()
    {
        var (engine, peer) = await ConnectAsync(_config with { Transport = new TransportLimits { PeerRekeys = 1 } });
        await peer.ExchangeKeysAsync();
        await peer.SendKexInitAsync();
        Assert.Contains("more than 1 re-keys", (await peer.ReadToEndAsync())?.Description, StringComparison.Ordinal);
        await EndAsync(engine, peer);
        Verify("rekeys");
    }

    [Fact]
    public async Task ReKeysBeforeAuthentication_AreCounted()
    {
        var (engine, peer) = await EngineFixture.StartAsync(_config, _log);
        await peer.ExchangeVersionsAsync();
        await peer.ExchangeKeysAsync();
        await peer.ExchangeKeysAsync();
        await peer.ExchangeKeysAsync();
        await peer.SendKexInitAsync();
        Assert.Contains("before authentication", (await peer.ReadToEndAsync())?.Description, StringComparison.Ordinal);
        await EndAsync(engine, peer);
        Verify("rekeys");
    }

    [Fact]
    public async Task AnswersThatNobodyReads_AreCounted()
    {
        var limits = new TransportLimits { QueuedControl = 100_000, LingerTimeout = TimeSpan.Zero };
        var (engine, peer) = await ConnectAsync(_config with { Transport = limits });
        while (!engine.Running.IsCompleted)
        {
            await peer.SendRawAsync(peer.Seal(ScriptedPeer.Encode(new Ping(new byte[1000]))));
        }

        await EndAsync(engine, peer);
        Verify("answers");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RequestsThatWait_AreCounted(bool isGlobal)
    {
        var never = new TaskCompletionSource<GlobalReply>();
        var (engine, peer) = await ConnectAsync(
            _config with { Channels = new ChannelLimits { PendingRequests = 3 } }, engine =>
            {
                engine.Answer = _ => new(never.Task);
                engine.Prepare = channel => channel.Answer = async _ => await never.Task == GlobalReply.Failure;
            });
        await ChannelTests.OpenAsync(peer);
        for (var i = 0; i < 6; i++)
        {
            if (isGlobal)
            {
                await peer.SendAsync(new GlobalRequestMessage("cancel-tcpip-forward", true, [0, 0, 0, 0, 0, 0, 0, 1]));
            }
            else
            {
                await peer.SendAsync(new ChannelRequestMessage(0, "shell", true, []));
            }
        }

        Assert.Contains("too many", (await peer.ReadToEndAsync())?.Description, StringComparison.Ordinal);
        never.SetCanceled();
        await EndAsync(engine, peer);
        Verify("requests");
    }

    [Fact]
    public async Task ProofsOfHostKeysAskedForTooOften_AreCounted_AndLoggedOnce()
    {
        var (engine, peer) = await ConnectAsync(_config);
        var key = EngineFixture.HostKey.PublicKey.Blob;
        var content = new byte[sizeof(uint) + key.Length];
        new WireWriter(content).WriteString(key.Span);
        for (var i = 0; i < HostKeyProofs.MaximumRequests + 2; i++)
        {
            await peer.SendAsync(new GlobalRequestMessage("hostkeys-prove-00@openssh.com", WantsReply: true, content));
            if (i < HostKeyProofs.MaximumRequests)
            {
                await peer.ExpectAsync<RequestSuccess>();
            }
            else
            {
                await peer.ExpectAsync<RequestFailure>();
            }
        }

        await ChannelTests.EndAsync(engine, peer);
        Verify("proofs", "proofs");
    }

    [Fact]
    public async Task SmallWindows_AreCounted()
    {
        var (engine, peer) = await ConnectAsync(
            _config with { Channels = new ChannelLimits { Window = 1000, SmallWindow = 100, WindowBudget = 1500 } });
        await ChannelTests.OpenAsync(peer);
        Verify();
        await ChannelTests.OpenAsync(peer);
        await ChannelTests.EndAsync(engine, peer);
        Verify("windows");
    }

    [Fact]
    public async Task CostlyComputingThatWaits_IsCounted()
    {
        using var rsa = new SlowSigner();
        var loops = new EventLoopGroup(1, _log);
        var config = _config with { HostKeys = [new HostKey(rsa)], Loops = loops };
        using var gate = new ManualResetEventSlim();
        var others = loops.Costly.RunAsync(() => gate.Wait(5 * ScriptedPeer.Patience), isSignedIn: false, () => { });
        var (engine, peer) = await EngineFixture.StartAsync(config, _log);
        peer.Offer = peer.Offer with { HostKeys = ["rsa-sha2-512"] };
        await peer.ExchangeVersionsAsync();
        var exchanging = peer.ExchangeKeysAsync();
        await _log.First.WaitAsync(ScriptedPeer.Patience);
        Verify("computing");

        gate.Set();
        await others;
        await exchanging;
        await EndAsync(engine, peer);
        Verify("computing");
    }

    [Fact]
    public async Task RoundsOfQuestions_AreCounted()
    {
        var (engine, peer) = await EngineFixture.StartAsync(
            _config with { Authentication = new AuthenticationLimits { MaximumRounds = 1 } }, _log);
        engine.Interact = _ => new ScriptedExchange(ScriptedExchange.Ask(), _ => ScriptedExchange.Ask());
        await peer.ExchangeVersionsAsync();
        await peer.ExchangeKeysAsync();
        await peer.RequestServiceAsync();
        await peer.SendPayloadAsync(ScriptedExchange.Request());
        await peer.ExpectAsync<UserAuthInfoRequest>();
        await peer.SendAsync(new UserAuthInfoResponse([]));
        Assert.NotNull(await peer.ReadToEndAsync());
        await EndAsync(engine, peer);
        Verify("rounds");
    }

    private static async Task EndAsync(EngineFixture engine, ScriptedPeer peer)
    {
        peer.Dispose();
        await engine.EndAsync();
        engine.Dispose();
    }

    private Task<(EngineFixture Engine, ScriptedPeer Peer)> ConnectAsync(ServerConfig config, Action<EngineFixture>? prepare = null) =>
        EngineFixture.ConnectAsync(config, prepare, _log);

    private void Verify(params string[] names)
    {
        Assert.Equal(names.Select(name => "limit " + name), _counted);
        Assert.Equal(names.Distinct().Select(name => $"reached the limit of its {name};"), _log.Lines);
    }

    /// <summary>The lines that say that a limit was reached, from there on to the semicolon.</summary>
    private sealed class LinesOfLimits : ILogger
    {
        private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ConcurrentQueue<string> Lines { get; } = new();

        /// <summary>Over when there is one.</summary>
        public Task First => _first.Task;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Id == 1141)
            {
                var line = formatter(state, exception);
                Lines.Enqueue(line[line.IndexOf("reached", StringComparison.Ordinal)..(line.IndexOf(';', StringComparison.Ordinal) + 1)]);
                _first.TrySetResult();
            }
        }
    }
}
