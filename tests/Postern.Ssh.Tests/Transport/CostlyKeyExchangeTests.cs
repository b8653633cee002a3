using Microsoft.Extensions.Logging.Abstractions;
using Postern.Ssh.EventLoops;
using Postern.Ssh.Keys;
using Postern.Ssh.Server;
using Postern.Ssh.Tests.Connection;
using Postern.Ssh.Tests.Fixtures;

namespace Postern.Ssh.Tests.Transport;

/// <summary>Signatures and agreements that take long, which keep nobody else on the event loop waiting.</summary>
public sealed class CostlyKeyExchangeTests : IDisposable
{
    private readonly SlowSigner _rsa = new();
    private readonly ServerConfig _config;

    public CostlyKeyExchangeTests() => _config = EngineFixture.Config with
    {
        HostKeys = [new HostKey(EngineFixture.HostKey), new HostKey(_rsa)],
        Loops = new EventLoopGroup(1, NullLogger.Instance),
    };

    public void Dispose() => _rsa.Dispose();

    [Fact]
    public async Task RsaSignature_KeepsNobodyElseWaiting()
    {
        _rsa.Block();
        var (slowEngine, slow) = await EngineFixture.StartAsync(_config);
        slow.Offer = slow.Offer with { HostKeys = ["rsa-sha2-512"] };
        await slow.ExchangeVersionsAsync();
        var exchanging = slow.ExchangeKeysAsync();
        await _rsa.Signing.WaitAsync(ScriptedPeer.Patience);

        var (engine, peer) = await EngineFixture.ConnectAsync(_config);
        await ChannelTests.OpenAsync(peer);
        Assert.False(exchanging.IsCompleted);
        await ChannelTests.EndAsync(engine, peer);

        _rsa.Release();
        await exchanging;
        await slow.RequestServiceAsync();
        await slow.AuthenticateAsync();
        await ChannelTests.EndAsync(slowEngine, slow);
    }

    // Security 40: what was sent and received meanwhile keeps its order, before and behind the change of keys.
    [Fact]
    public async Task RsaSignatureOfALaterExchange_HoldsBothDirections()
    {
        var (engine, peer) = await EngineFixture.ConnectAsync(_config);
        await ChannelTests.OpenAsync(peer);
        var channel = engine.Channels.Single();
        await ChannelTests.SendDataAsync(peer, 0, "before "u8.ToArray());
        peer.Offer = peer.Offer with { HostKeys = ["rsa-sha2-256"] };
        _rsa.Block();
        var exchanging = peer.ExchangeKeysAsync();
        await _rsa.Signing.WaitAsync(ScriptedPeer.Patience);
        ChannelTests.Send(channel.Channel, "held");
        Assert.False(exchanging.IsCompleted);

        _rsa.Release();
        await exchanging;
        Assert.Equal("held", await ChannelTests.ReceiveTextAsync(peer));
        await ChannelTests.SendDataAsync(peer, 0, "after"u8.ToArray());
        await ChannelTests.SettleAsync(peer);
        Assert.Equal(["data before ", "data after"], channel.Events);
        await ChannelTests.EndAsync(engine, peer);
    }

    // A connection that ends meanwhile ends when the signature is there, and leaves nothing.
    [Fact]
    public async Task EndDuringARsaSignature_IsAnEndLikeAnyOther()
    {
        _rsa.Block();
        var (engine, peer) = await EngineFixture.StartAsync(_config);
        peer.Offer = peer.Offer with { HostKeys = ["rsa-sha2-512"] };
        await peer.ExchangeVersionsAsync();
        var exchanging = peer.ExchangeKeysAsync();
        await _rsa.Signing.WaitAsync(ScriptedPeer.Patience);
        await engine.StopAsync();
        _rsa.Release();
        Assert.Equal(ConnectionEnd.LocalDisconnect, await engine.EndAsync());
        await Assert.ThrowsAnyAsync<Exception>(() => exchanging);
        peer.Dispose();
    }

    /// <summary>An RSA key whose signatures wait for the test.</summary>
    private sealed class SlowSigner : ISigner, IDisposable
    {
        private static readonly RsaPrivateKey Key = RsaPrivateKey.Generate(2048);

        private readonly ManualResetEventSlim _gate = new(initialState: true);
        private readonly TaskCompletionSource _signing = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public PublicKey PublicKey => Key.PublicKey;

        /// <summary>Somebody waits for a signature.</summary>
        public Task Signing => _signing.Task;

        public void Block() => _gate.Reset();

        public void Release() => _gate.Set();

        public byte[] Sign(string algorithm, ReadOnlySpan<byte> data)
        {
            _signing.TrySetResult();
            _gate.Wait(ScriptedPeer.Patience);
            return Key.Sign(algorithm, data);
        }

        public void Dispose() => _gate.Dispose();
    }
}
