using Postern.Ssh.Messages;
using Postern.Ssh.Server;
using Postern.Ssh.Tests.Fixtures;

namespace Postern.Ssh.Tests.Transport;

/// <summary>Every message number in every state: what may not come ends the connection and has no effect.</summary>
public class StateWalkTests
{
    // What a client may send at any time outside of a strict first exchange.
    private static readonly byte[] Always = [MessageNumber.Disconnect, MessageNumber.Ignore, MessageNumber.Unimplemented, MessageNumber.Debug];

    // Not assigned in the transport layer, or the server's: answered with UNIMPLEMENTED.
    private static readonly byte[] UnknownTransport = [6, .. Range(8, 19)];

    public static TheoryData<string> States() => ["version", "strict kexinit", "keys", "service", "authenticated", "rekeying"];

    [Theory]
    [MemberData(nameof(States))]
    public async Task EveryNumber_InEveryState_IsTakenOrFatal(string state)
    {
        byte[] allowed = state switch
        {
            "version" => [.. Always, MessageNumber.KexInit],
            "strict kexinit" => [MessageNumber.Disconnect, MessageNumber.KexEcdhInit],
            "keys" => [.. Always, .. UnknownTransport, MessageNumber.ServiceRequest, MessageNumber.ExtInfo, MessageNumber.KexInit],
            "service" => [.. Always, .. UnknownTransport, MessageNumber.ServiceRequest, MessageNumber.KexInit, MessageNumber.UserAuthRequest],
            "authenticated" =>
            [
                .. Always, .. UnknownTransport, MessageNumber.KexInit, MessageNumber.UserAuthRequest, MessageNumber.GlobalRequest,
                MessageNumber.ChannelOpen, .. Range(101, 255),
            ],
            _ => [.. Always, MessageNumber.KexEcdhInit],
        };
        for (var number = 0; number < 256; number++)
        {
            await WalkAsync(state, (byte)number, allowed.Contains((byte)number));
        }
    }

    private static async Task WalkAsync(string state, byte number, bool isAllowed)
    {
        var (engine, peer) = await EngineFixture.StartAsync();
        await peer.ExchangeVersionsAsync();
        if (state is "strict kexinit")
        {
            await peer.SendKexInitAsync();
        }
        else if (state is not "version")
        {
            await peer.ExchangeKeysAsync();
            if (state is not "keys")
            {
                await peer.RequestServiceAsync();
            }

            if (state is "authenticated" or "rekeying")
            {
                await peer.AuthenticateAsync();
            }

            if (state is "rekeying")
            {
                await peer.SendKexInitAsync();
            }
        }

        await peer.SendPayloadAsync(Payload(peer, number));
        peer.EndSending();
        // What follows our half of a key exchange is sealed with keys that this walk does not make.
        var goodbye = number == MessageNumber.KexEcdhInit ? null : await peer.ReadToEndAsync();
        var end = await engine.EndAsync();
        var expected = !isAllowed ? ConnectionEnd.ProtocolError
            : number == MessageNumber.Disconnect ? ConnectionEnd.PeerDisconnected
            : ConnectionEnd.TransportClosed;
        Assert.True(end == expected, $"message {number} in state '{state}': {end}, {goodbye?.Description}");
        Assert.True(state is "authenticated" || engine.Channels.IsEmpty);
        if (state is not ("authenticated" or "rekeying"))
        {
            Assert.Null(engine.Connection);
        }

        peer.Dispose();
        engine.Dispose();
    }

    /// <summary>A well-formed message where the number may come, so that only the number decides.</summary>
    private static byte[] Payload(ScriptedPeer peer, byte number) => number switch
    {
        MessageNumber.Disconnect => ScriptedPeer.Encode(new Disconnect(11, "bye", "")),
        MessageNumber.ServiceRequest => ScriptedPeer.Encode(new ServiceRequest("ssh-userauth")),
        MessageNumber.ExtInfo => ScriptedPeer.Encode(new ExtInfo([])),
        MessageNumber.KexInit => ScriptedPeer.Encode(peer.Offer),
        MessageNumber.KexEcdhInit => ScriptedPeer.Encode(new KexEcdhInit([9, .. new byte[31]])),
        MessageNumber.UserAuthRequest => ScriptedPeer.Encode(new UserAuthRequest("user", "ssh-connection", "none", [])),
        MessageNumber.GlobalRequest => ScriptedPeer.Encode(new GlobalRequestMessage("keepalive@openssh.com", true, [])),
        MessageNumber.ChannelOpen => ScriptedPeer.Encode(new ChannelOpen("session", 1, 1, 1, [])),
        MessageNumber.Ping => ScriptedPeer.Encode(new Ping([1])),
        _ => [number, 0, 0, 0, 0],
    };

    private static byte[] Range(int from, int to) => [.. Enumerable.Range(from, to - from + 1).Select(i => (byte)i)];
}
