using Postern.Ssh.Connection;
using Postern.Ssh.Messages;
using Postern.Ssh.Server;
using Postern.Ssh.Tests.Connection;
using Postern.Ssh.Tests.Fixtures;
using Postern.Ssh.Transport;

namespace Postern.Ssh.Tests.Transport;

/// <summary>The reason of an end reaches a peer that is in the middle of something.</summary>
public class GoodbyeTests
{
    // More than a peer's kernel takes of somebody who does not read, and less than ours keeps.
    private const int Download = 600_000;

    [Fact]
    public async Task Goodbye_BehindADownload_ReachesAPeerThatGoesOnSending()
    {
        var (engine, peer) = await EngineFixture.ConnectAsync();
        await ChannelTests.OpenAsync(peer, Download);
        await FillAsync(engine.Channels.Single().Channel);
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
        var config = EngineFixture.Config with { Transport = new TransportLimits { LingerTimeout = TimeSpan.FromMilliseconds(50) } };
        var (engine, peer) = await EngineFixture.ConnectAsync(config);
        await ChannelTests.OpenAsync(peer, Download);
        await FillAsync(engine.Channels.Single().Channel);
        engine.Connection!.Disconnect("your access was removed");
        Assert.Equal(ConnectionEnd.LocalDisconnect, await engine.EndAsync());
        peer.Dispose();
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
