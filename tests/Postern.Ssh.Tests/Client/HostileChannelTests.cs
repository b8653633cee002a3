using Postern.Ssh.Client;
using Postern.Ssh.Connection;
using Postern.Ssh.Messages;
using Postern.Ssh.Server;
using Postern.Ssh.Tests.Fixtures;
using Postern.Ssh.Transport;

namespace Postern.Ssh.Tests.Client;

/// <summary>Security 68: what a server can still try when the client is signed in.</summary>
public sealed class HostileChannelTests
{
    public static TheoryData<string> Lies() =>
    [
        "data beyond the window", "data beyond the packet", "data for nobody", "window beyond the top", "confirmation of nothing",
        "refusal of nothing", "success of nothing", "global success of nothing", "second close", "data after the end",
        "authentication", "extensions", "packets of nothing",
    ];

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task LieAboutAChannel_EndsTheConnection(string lie)
    {
        var config = ClientFixture.Config with { Channels = new ChannelLimits { Window = 10_000, MaximumPacket = 8_000 } };
        var (server, connection) = await ScriptedServer.StartSignedInAsync(config);
        var opening = connection.OpenTunnelAsync("localhost", 1, CancellationToken.None);
        var open = await server.ExpectAsync<ChannelOpen>();
        var channel = open.SenderChannel;
        if (lie == "packets of nothing")
        {
            await server.SendAsync(new ChannelOpenConfirmation(channel, 5, 1000, 0));
        }
        else
        {
            await server.SendAsync(new ChannelOpenConfirmation(channel, 5, 1000, 1000));
            await opening.WaitAsync(ScriptedPeer.Patience);
        }

        switch (lie)
        {
            case "data beyond the window":
                await server.SendPayloadAsync(Data(channel, 8_000));
                await server.SendPayloadAsync(Data(channel, 2_001));
                break;
            case "data beyond the packet":
                await server.SendPayloadAsync(Data(channel, 8_001));
                break;
            case "data for nobody":
                await server.SendPayloadAsync(Data(channel + 1, 1));
                break;
            case "window beyond the top":
                await server.SendAsync(new ChannelWindowAdjust(channel, uint.MaxValue));
                break;
            case "confirmation of nothing":
                await server.SendAsync(new ChannelOpenConfirmation(channel, 5, 1000, 1000));
                break;
            case "refusal of nothing":
                await server.SendAsync(new ChannelOpenFailure(channel, 1, "", ""));
                break;
            case "success of nothing":
                await server.SendAsync(new ChannelSuccess(channel));
                break;
            case "global success of nothing":
                await server.SendAsync(new RequestSuccess([]));
                break;
            case "second close":
                await server.SendAsync(new ChannelClose(channel));
                await server.SendAsync(new ChannelClose(channel));
                break;
            case "data after the end":
                await server.SendAsync(new ChannelEof(channel));
                await server.SendPayloadAsync(Data(channel, 1));
                break;
            case "authentication":
                await server.SendAsync(default(UserAuthSuccess));
                break;
            case "extensions":
                await server.SendAsync(new ExtInfo([]));
                break;
            default:
                break;
        }

        Assert.Equal(ConnectionEnd.ProtocolError, await connection.Ended.WaitAsync(ScriptedPeer.Patience));
        if (lie == "packets of nothing")
        {
            await Assert.ThrowsAsync<ChannelRefusedException>(() => opening.WaitAsync(ScriptedPeer.Patience));
        }

        server.Dispose();
    }

    // Security 33: a server that begins a re-key and never finishes it is given up.
    [Fact]
    public async Task ReKeyThatStalls_IsGivenUp()
    {
        var clock = new FakeTimeProvider();
        var (server, connection) = await ScriptedServer.StartSignedInAsync(ClientFixture.Config with { TimeProvider = clock });
        await server.SendAsync(server.Offer);
        await server.ReceiveInitAsync();
        clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(ConnectionEnd.ProtocolError, await connection.Ended.WaitAsync(ScriptedPeer.Patience));
        Assert.Equal("the key exchange took too long", connection.EndMessage);
        server.Dispose();
    }

    [Fact]
    public async Task ReKeyThatIsNotAnswered_IsGivenUp()
    {
        var clock = new FakeTimeProvider();
        var (server, connection) = await ScriptedServer.StartSignedInAsync(ClientFixture.Config with { TimeProvider = clock });
        clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(MessageNumber.KexInit, (await server.ReceiveAsync())[0]);
        clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(ConnectionEnd.ProtocolError, await connection.Ended.WaitAsync(ScriptedPeer.Patience));
        server.Dispose();
    }

    // Security 34: questions without end, while the answers must wait for a key exchange that the server does not join.
    [Theory]
    [InlineData("ping")]
    [InlineData("request")]
    [InlineData("open")]
    public async Task FloodOfQuestions_EndsTheConnectionWithinItsLimits(string what)
    {
        var clock = new FakeTimeProvider();
        var config = ClientFixture.Config with
        {
            TimeProvider = clock,
            Transport = new TransportLimits { QueuedControl = 150_000 },
        };
        var (server, connection) = await ScriptedServer.StartSignedInAsync(config);
        clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(MessageNumber.KexInit, (await server.ReceiveAsync())[0]);
        var question = what switch
        {
            "ping" => ScriptedPeer.Encode(new Ping([1])),
            "request" => ScriptedPeer.Encode(new GlobalRequestMessage("keepalive@openssh.com", true, [])),
            _ => ScriptedPeer.Encode(new ChannelOpen("auth-agent@openssh.com", 1, 1000, 1000, [])),
        };
        for (var i = 0; i < 1000 && !connection.Ended.IsCompleted; i++)
        {
            await server.SendPayloadAsync(question);
        }

        Assert.Equal(ConnectionEnd.ProtocolError, await connection.Ended.WaitAsync(ScriptedPeer.Patience));
        Assert.Equal("more than 150000 bytes of answers wait to be read", connection.EndMessage);
        server.Dispose();
    }

    private static byte[] Data(uint channel, int length)
    {
        var payload = new byte[ChannelData.HeaderLength + length];
        var writer = new Wire.WireWriter(payload);
        writer.WriteByte(MessageNumber.ChannelData);
        writer.WriteUInt32(channel);
        writer.WriteUInt32((uint)length);
        return payload;
    }
}
