using System.Net;
using System.Net.Sockets;
using Postern.Ssh.EventLoops;
using Postern.Targets.Interop;

namespace Postern.Targets.Tests.Interop;

public sealed class ChannelFeedTests
{
    // Whoever takes one byte in a packet gets no more of the loop's time than others.
    [Fact]
    public void TurnOfAPeerThatTakesOneByteInAPacket_HasAThousandPackets()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var sender = new TcpClient();
        sender.Connect((IPEndPoint)listener.LocalEndpoint);
        using Socket receiver = listener.AcceptSocket();
        receiver.Blocking = false;
        sender.GetStream().Write(new byte[16_000]);
        Assert.True(SpinWait.SpinUntil(() => receiver.Available == 16_000, TimeSpan.FromMinutes(1)));
        var channel = new TestChannel(handler: null!, maxPacket: 1); // The feed sends only.
        using LoopDescriptor descriptor = channel.Loop.Watch(receiver.SafeHandle, null, null);
        var feed = new ChannelFeed(channel, descriptor);

        int moved = 0;
        while (moved < ChannelFeed.BytesPerTurn)
        {
            Assert.Equal(FeedResult.MayHaveMore, feed.Move(ref moved));
        }

        Assert.InRange(channel.Output.Length, 100, 1100);
    }
}
