using Microsoft.Extensions.Logging.Abstractions;
using Postern.Ssh.Connection;
using Postern.Ssh.EventLoops;
using Postern.Ssh.Messages;
using Postern.Ssh.Server;
using Postern.Ssh.Tests.Connection;
using Postern.Ssh.Tests.Fixtures;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Tests.Transport;

/// <summary>Signatures, proofs of host keys and agreements that take long, which keep nobody else on the event loop waiting.</summary>
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

    // With one processor. Security 73: what strangers have computed keeps nobody waiting who is in, nor all of the thread pool.
    [Fact]
    public async Task RsaSignaturesOfStrangers_TakeTurns_AndPeopleDoNotWaitForThem()
    {
        var (engine, peer) = await EngineFixture.ConnectAsync(_config);
        _rsa.BlockFirst();
        var strangers = new List<(EngineFixture Engine, ScriptedPeer Peer, Task Exchanging)>();
        for (var i = 0; i < 4; i++)
        {
            var (strangersEngine, stranger) = await EngineFixture.StartAsync(_config);
            stranger.Offer = stranger.Offer with { HostKeys = ["rsa-sha2-512"] };
            await stranger.ExchangeVersionsAsync();
            strangers.Add((strangersEngine, stranger, stranger.ExchangeKeysAsync()));
            await _rsa.Signing.WaitAsync(ScriptedPeer.Patience);
        }

        peer.Offer = peer.Offer with { HostKeys = ["rsa-sha2-512"] };
        await peer.ExchangeKeysAsync();
        await peer.ExchangeKeysAsync();
        Assert.All(strangers, stranger => Assert.False(stranger.Exchanging.IsCompleted));
        _rsa.Release();
        foreach (var (strangersEngine, stranger, exchanging) in strangers)
        {
            await exchanging;
            stranger.Dispose();
            await strangersEngine.EndAsync();
        }

        await ChannelTests.OpenAsync(peer);
        await ChannelTests.EndAsync(engine, peer);
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

    // What comes behind a request for proofs is looked at behind the answer: a client whose command ends first would not wait for it.
    [Fact]
    public async Task RsaProof_KeepsNobodyElseWaiting_AndWhatComesBehindItsAnswerDoes()
    {
        var (slowEngine, slow) = await EngineFixture.ConnectAsync(_config);
        await BlockProofAsync(slow);
        await slow.SendAsync(new GlobalRequestMessage("keepalive@openssh.com", WantsReply: true, []));
        await slow.SendAsync(new ChannelOpen("session", 1, 1000, 1000, []));

        var (engine, peer) = await EngineFixture.ConnectAsync(_config);
        await ChannelTests.OpenAsync(peer);
        Assert.Empty(slowEngine.Channels);
        _rsa.Release();
        Assert.NotEmpty((await slow.ExpectAsync<RequestSuccess>()).Rest);
        Assert.Empty((await slow.ExpectAsync<RequestSuccess>()).Rest);
        await slow.ExpectAsync<ChannelOpenConfirmation>();
        await ChannelTests.EndAsync(engine, peer);
        await ChannelTests.EndAsync(slowEngine, slow);
    }

    [Fact]
    public async Task RsaProof_ThatFails_IsARefusalAndNoEnd()
    {
        var (engine, peer) = await EngineFixture.ConnectAsync(_config);
        _rsa.IsBroken = true;
        await BlockProofAsync(peer);
        _rsa.Release();
        await peer.ExpectAsync<RequestFailure>();
        await ChannelTests.OpenAsync(peer);
        await ChannelTests.EndAsync(engine, peer);
    }

    [Fact]
    public async Task EndDuringARsaProof_IsAnEndLikeAnyOther()
    {
        var (engine, peer) = await EngineFixture.ConnectAsync(_config);
        await BlockProofAsync(peer);
        await engine.StopAsync();
        _rsa.Release();
        Assert.Equal(ConnectionEnd.LocalDisconnect, await engine.EndAsync());
        peer.Dispose();
    }

    // The proof is asked for behind a request that takes its time, and so begins while a key exchange has its own signature.
    [Fact]
    public async Task RsaProof_DuringARsaSignature_DoesNotDisturbIt()
    {
        var answer = new TaskCompletionSource<GlobalReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        var (engine, peer) = await EngineFixture.ConnectAsync(_config, engine => engine.Answer = _ => new(answer.Task));
        var forward = MessageCodec.WritePart(new TcpIpForwardRequest("localhost", 8080), 100);
        await peer.SendAsync(new GlobalRequestMessage("tcpip-forward", WantsReply: true, forward));
        await AskProofAsync(peer);
        _rsa.Block();
        peer.Offer = peer.Offer with { HostKeys = ["rsa-sha2-256"] };
        var exchanging = peer.ExchangeKeysAsync();
        await _rsa.Signing.WaitAsync(ScriptedPeer.Patience);
        answer.SetResult(GlobalReply.Failure);
        _rsa.Release();
        await exchanging;
        await peer.ExpectAsync<RequestFailure>();
        Assert.NotEmpty((await peer.ExpectAsync<RequestSuccess>()).Rest);
        await ChannelTests.OpenAsync(peer);
        await ChannelTests.EndAsync(engine, peer);
    }

    private async Task BlockProofAsync(ScriptedPeer peer)
    {
        _rsa.Block();
        await AskProofAsync(peer);
        await _rsa.Signing.WaitAsync(ScriptedPeer.Patience);
    }

    private Task AskProofAsync(ScriptedPeer peer)
    {
        var blob = _rsa.PublicKey.Blob;
        var content = new byte[sizeof(uint) + blob.Length];
        new WireWriter(content).WriteString(blob.Span);
        return peer.SendAsync(new GlobalRequestMessage("hostkeys-prove-00@openssh.com", WantsReply: true, content));
    }
}
