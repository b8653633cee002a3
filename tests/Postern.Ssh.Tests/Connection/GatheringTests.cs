using System.Text;
using Postern.Ssh.Connection;
using Postern.Ssh.Messages;
using Postern.Ssh.Tests.Fixtures;

namespace Postern.Ssh.Tests.Connection;

/// <summary>Data packets that come together reach their handler with one call, and still in the order of the wire.</summary>
public class GatheringTests
{
    private static readonly byte[] Exec = ScriptedPeer.Encode(
        new ChannelRequestMessage(0, "exec", false, [0, 0, 0, 3, (byte)'r', (byte)'u', (byte)'n']));

    [Fact]
    public async Task PacketsThatComeTogether_AreOneCall()
    {
        var (engine, peer) = await OpenAsync();
        await SendTogetherAsync(peer, Data(0, "abc"), Data(0, "de"), Data(0, ""), Data(0, "f"));
        await ChannelTests.SettleAsync(peer);
        Assert.Equal(["data abc", "data de", "data f"], engine.Channels.Single().Events);
        Assert.Equal([4], engine.Channels.Single().Calls);
        await ChannelTests.EndAsync(engine, peer);
    }

    [Fact]
    public async Task MorePacketsThanOneCallTakes_AreSeveral()
    {
        var (engine, peer) = await OpenAsync();
        await SendTogetherAsync(peer, [.. Enumerable.Range(0, 70).Select(i => Data(0, $"{i};"))]);
        await ChannelTests.SettleAsync(peer);
        Assert.Equal(Enumerable.Range(0, 70).Select(i => $"data {i};"), engine.Channels.Single().Events);
        Assert.Equal([32, 32, 6], engine.Channels.Single().Calls);
        await ChannelTests.EndAsync(engine, peer);
    }

    [Fact]
    public async Task WhatComesBetweenData_KeepsItsPlace()
    {
        var (engine, peer) = await OpenAsync();
        await SendTogetherAsync(
            peer, Data(0, "a"), Data(0, "b"), Exec, Data(0, "c"), Data(0, "d"), ScriptedPeer.Encode(new ChannelEof(0)), ScriptedPeer.Encode(new ChannelClose(0)));
        await peer.ExpectAsync<ChannelClose>();
        await engine.Channels.Single().Closed.WaitAsync(ScriptedPeer.Patience);
        Assert.Equal(["data a", "data b", "exec run", "data c", "data d", "eof", "closed"], engine.Channels.Single().Events);
        await ChannelTests.EndAsync(engine, peer);
    }

    [Fact]
    public async Task ChannelsInTurn_EachGetTheirOwn()
    {
        var (engine, peer) = await OpenAsync();
        Assert.Equal(1u, (await ChannelTests.OpenAsync(peer)).SenderChannel);
        await SendTogetherAsync(peer, Data(0, "a"), Data(1, "1"), Data(1, "2"), Data(0, "b"), Data(0, "c"), Data(1, "3"));
        await ChannelTests.SettleAsync(peer);
        Assert.Equal(["data a", "data b", "data c"], engine.Channels.First().Events);
        Assert.Equal(["data 1", "data 2", "data 3"], engine.Channels.Last().Events);
        await ChannelTests.EndAsync(engine, peer);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(9)]
    public async Task WhatIsNotTaken_WaitsInOrder(int appetite)
    {
        var (engine, peer) = await OpenAsync(channel => channel.Appetite = appetite);
        await SendTogetherAsync(peer, Data(0, "abc"), Data(0, "def"), Data(0, "ghi"), ScriptedPeer.Encode(new ChannelEof(0)));
        await ChannelTests.SettleAsync(peer);
        var channel = engine.Channels.Single();
        Assert.Equal("abcdefghi"[..appetite], TextOf(channel));

        // What comes later waits behind it, and is not offered before its time.
        channel.Appetite = int.MaxValue;
        channel.Channel.ResumeReceive();
        await ChannelTests.SettleAsync(peer);
        Assert.Equal("abcdefghi", TextOf(channel));
        Assert.Equal("eof", channel.Events.Last());
        await ChannelTests.EndAsync(engine, peer);
    }

    [Fact]
    public async Task DataBeforeAFault_StillArrives()
    {
        var (engine, peer) = await OpenAsync();
        await SendTogetherAsync(peer, Data(0, "a"), Data(0, "b"), [0]);
        await ChannelTests.ExpectProtocolErrorAsync(engine, peer, "message number 0");
        Assert.Equal(["data a", "data b", "closed"], engine.Channels.Single().Events);
    }

    [Fact]
    public async Task DataBeyondTheWindow_DisconnectsAtOnce()
    {
        var config = EngineFixture.Config with { Channels = new ChannelLimits { Window = 10, SmallWindow = 10 } };
        var (engine, peer) = await EngineFixture.ConnectAsync(config);
        await ChannelTests.OpenAsync(peer);

        // Credit for what is about to be taken does not count before it is sent.
        await SendTogetherAsync(peer, Data(0, "0123456789"), Data(0, "x"));
        await ChannelTests.ExpectProtocolErrorAsync(engine, peer, "exceed the window");
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(10)]
    public async Task HandlerThatCountsWrong_LosesItsChannelOnly(int count)
    {
        var (engine, peer) = await OpenAsync(channel => channel.Count = _ => count);
        await SendTogetherAsync(peer, Data(0, "abc"), Data(0, "def"), Data(0, "ghi"));
        await peer.ExpectAsync<ChannelClose>();
        await engine.Channels.Single().Closed.WaitAsync(ScriptedPeer.Patience);
        await ChannelTests.SettleAsync(peer);
        await ChannelTests.EndAsync(engine, peer);
    }

    private static string TextOf(RecordingChannel channel) =>
        string.Concat(channel.Events.Where(text => text.StartsWith("data ", StringComparison.Ordinal)).Select(text => text[5..]));

    private static async Task<(EngineFixture Engine, ScriptedPeer Peer)> OpenAsync(Action<RecordingChannel>? prepare = null)
    {
        var (engine, peer) = await EngineFixture.ConnectAsync(prepare: engine => engine.Prepare = prepare ?? (_ => { }));
        await ChannelTests.OpenAsync(peer);
        return (engine, peer);
    }

    // In one segment, which is received as a whole.
    private static Task SendTogetherAsync(ScriptedPeer peer, params byte[][] payloads) =>
        peer.SendRawAsync(payloads.SelectMany(peer.Seal).ToArray());

    private static byte[] Data(uint channel, string text)
    {
        var buffer = new byte[text.Length + ChannelData.HeaderLength];
        MessageCodec.Write(new ChannelData(channel, Encoding.ASCII.GetBytes(text)), buffer);
        return buffer;
    }
}
