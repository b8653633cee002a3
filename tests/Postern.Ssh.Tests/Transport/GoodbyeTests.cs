using Postern.Ssh.Connection;
using Postern.Ssh.Messages;
using Postern.Ssh.Server;
using Postern.Ssh.Tests.Connection;
using Postern.Ssh.Tests.Fixtures;

namespace Postern.Ssh.Tests.Transport;

/// <summary>The reason of an end reaches a peer that is in the middle of something.</summary>
public class GoodbyeTests
{
    // More than a peer's kernel takes of somebody who does not read, and less than ours keeps.
    private const int Download = 600_000;

    // Stands: what is waited for here comes from the peer, or from a test that moves the clock.
    private readonly FakeTimeProvider _clock = new();

    private ServerConfig Config => EngineFixture.Config with { TimeProvider = _clock };

    [Fact]
    public async Task Goodbye_BehindADownload_ReachesAPeerThatGoesOnSending()
    {
        var (engine, peer) = await FillAsync();
        engine.Connection!.Disconnect("your access was removed");
        await peer.SendAsync(new Ping(new byte[1000]));
        await peer.SendAsync(new Ping(new byte[1000]));

        Assert.Equal("your access was removed", (await peer.ReadToEndAsync())?.Description);
        Assert.Equal(ConnectionEnd.LocalDisconnect, await engine.EndAsync());
        peer.Dispose();
    }

    [Fact]
    public async Task PeerThatReadsNothing_IsNotWaitedForWithoutEnd()
    {
        var (engine, peer) = await FillAsync();
        engine.Connection!.Disconnect("your access was removed");
        while (!engine.Running.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(1);
        }

        Assert.Equal(ConnectionEnd.LocalDisconnect, await engine.EndAsync());
        peer.Dispose();
    }

    [Fact]
    public async Task PeerThatIsGone_IsNotWaitedFor()
    {
        var (engine, peer) = await FillAsync();
        engine.Connection!.Disconnect("your access was removed");

        // With much unread this is a reset, which leaves what was unsent in the kernel's figures.
        peer.Dispose();

        await engine.EndAsync();
    }

    [Fact]
    public async Task PeerThatIsGoneBeforeTheGoodbye_IsNotWaitedFor()
    {
        var (engine, peer) = await FillAsync();
        peer.Dispose();
        engine.Connection!.Disconnect("your access was removed");

        await engine.EndAsync();
    }

    private async Task<(EngineFixture Engine, ScriptedPeer Peer)> FillAsync()
    {
        var (engine, peer) = await EngineFixture.ConnectAsync(Config);
        await ChannelTests.OpenAsync(peer, Download);
        await FillAsync(engine.Channels.Single().Channel);
        return (engine, peer);
    }

    private static async Task FillAsync(Channel channel)
    {
        for (var left = Download; left > 0;)
        {
            Assert.True(await channel.WaitToSendAsync(CancellationToken.None).AsTask().WaitAsync(ScriptedPeer.Patience));
            var room = channel.RentData().Length;
            channel.CommitData(room);
            left -= room;
        }
    }
}
