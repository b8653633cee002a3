using System.Net.Sockets;
using System.Text;
using Fuzz.Inputs;
using Postern.Ssh.Messages;
using Postern.Ssh.Tests.Fixtures;

namespace Fuzz.Connections;

/// <summary>The client's side of a fuzzed connection.</summary>
internal sealed class FuzzedClient(ScriptedPeer peer, Socket socket, FakeTimeProvider clock, CancellationTokenSource stop, Random random)
{
    private const int MostPackets = 30;
    private const int LongestPayload = 40_000;

    private static readonly string[] RequestNames =
        ["pty-req", "env", "shell", "exec", "subsystem", "window-change", "signal", "exit-status", "xon-xoff", "break", "auth-agent-req@openssh.com", "eow@openssh.com"];

    private readonly Mutator _mutator = new(random, []);
    private readonly byte[] _scratch = new byte[64 * 1024];

    /// <summary>Behaves to a random stage, misbehaves, and leaves.</summary>
    public async Task RunAsync()
    {
        try
        {
            await BehaveAsync(random.Next(12));
            var reading = ReadAsync();
            await MisbehaveAsync();
            Leave();
            await reading;
        }
        catch (Exception exception) when (exception is SocketException or EndOfStreamException or OperationCanceledException or ObjectDisposedException)
        {
            // The engine had enough of us.
        }
        catch (Exception exception) when (exception is Xunit.Sdk.XunitException or System.Security.Cryptography.CryptographicException or ArgumentException)
        {
            // The script's own rules: an answer that the behaving part did not expect, because the engine said goodbye.
        }
    }

    private async Task BehaveAsync(int stage)
    {
        if (stage == 0)
        {
            return;
        }

        if (random.Next(3) == 0)
        {
            peer.Offer = peer.Offer with { KeyExchanges = ["curve25519-sha256", "ext-info-c"] };
        }

        await peer.ExchangeVersionsAsync();
        if (stage == 1)
        {
            return;
        }

        if (stage == 2)
        {
            await peer.SendKexInitAsync();
            return;
        }

        await peer.ExchangeKeysAsync(isNewKeysSent: stage != 3);
        if (stage <= 4)
        {
            return;
        }

        await peer.RequestServiceAsync();
        if (stage == 5)
        {
            return;
        }

        if (stage == 6)
        {
            // In the middle of questions, with or without a key before them.
            await peer.SendPayloadAsync(random.Next(2) == 0 ? peer.SignedRequest(peer.Key, "other") : ScriptedExchange.Request());
            return;
        }

        await peer.AuthenticateAsync();
        for (var i = random.Next(4); i > 0; i--)
        {
            await peer.SendAsync(new ChannelOpen("session", (uint)i, random.Next(2) == 0 ? 2_000_000u : (uint)random.Next(2000), 1 + (uint)random.Next(40_000), []));
        }
    }

    private async Task MisbehaveAsync()
    {
        var recent = new List<byte[]> { new byte[] { MessageNumber.Ignore, 0, 0, 0, 0 } };
        for (var count = 1 + random.Next(MostPackets); count > 0; count--)
        {
            var payload = Message();
            recent.Add(payload);
            if (random.Next(3) == 0)
            {
                payload = _mutator.Mutate(payload, recent, LongestPayload);
            }

            if (payload.Length == 0)
            {
                continue;
            }

            var packet = peer.Seal(payload);
            if (random.Next(25) == 0)
            {
                packet = _mutator.Mutate(packet, recent, LongestPayload);
            }

            await SendAsync(packet);
            switch (random.Next(60))
            {
                case 0:
                    clock.Advance(TimeSpan.FromSeconds(random.Next(4000)));
                    break;
                case 1:
                    await stop.CancelAsync();
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>A whole message of the protocol, with numbers that are likely to mean something.</summary>
    private byte[] Message()
    {
        var channel = (uint)random.Next(random.Next(8) == 0 ? 40 : 3);
        return random.Next(30) switch
        {
            0 => ScriptedPeer.Encode(peer.Offer),
            1 => ScriptedPeer.Encode(new KexEcdhInit([9, .. new byte[31]])),
            2 => [MessageNumber.NewKeys],
            3 => ScriptedPeer.Encode(new ServiceRequest("ssh-userauth")),
            4 => peer.SignedRequest(peer.Key, random.Next(2) == 0 ? "user" : "other"),
            5 => ScriptedPeer.Query(((Postern.Ssh.Keys.ISigner)peer.Key).PublicKey),
            6 => ScriptedPeer.Encode(new UserAuthRequest("user", "ssh-connection", random.Next(2) == 0 ? "none" : "password", [])),
            7 or 8 => ScriptedPeer.Encode(new ChannelOpen("session", channel, (uint)random.Next(100_000), 1 + (uint)random.Next(100_000), [])),
            9 => ScriptedPeer.Encode(new ChannelOpen("direct-tcpip", channel, 1000, 1000, [0, 0, 0, 1, 97, 0, 0, 0, 80, 0, 0, 0, 1, 98, 0, 0, 0, 99])),
            10 or 11 or 12 or 13 => Data(channel),
            14 => ScriptedPeer.Encode(new ChannelWindowAdjust(channel, random.Next(10) == 0 ? uint.MaxValue : (uint)random.Next(300_000))),
            15 or 16 => ScriptedPeer.Encode(new ChannelRequestMessage(channel, RequestNames[random.Next(RequestNames.Length)], random.Next(2) == 0, RequestRest())),
            17 => ScriptedPeer.Encode(new ChannelEof(channel)),
            18 => ScriptedPeer.Encode(new ChannelClose(channel)),
            19 => [MessageNumber.GlobalRequest, 0, 0, 0, 21, .. "keepalive@openssh.com"u8, (byte)random.Next(2)],
            20 => ScriptedPeer.Encode(new Ping(new byte[random.Next(1100)])),
            21 => ScriptedPeer.Encode(new Ignore(new byte[random.Next(5000)])),
            22 => ScriptedPeer.Encode(new ExtInfo([])),
            23 when random.Next(4) == 0 => ScriptedPeer.Encode(new Disconnect(11, "bye", "")),
            24 => [MessageNumber.ChannelExtendedData, 0, 0, 0, (byte)channel, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2],
            25 or 26 => ScriptedExchange.Request(random.Next(2) == 0 ? "user" : "other"),
            27 or 28 => ScriptedPeer.Encode(new UserAuthInfoResponse([.. Enumerable.Repeat("123456", random.Next(3) == 0 ? random.Next(5) : 1)])),
            _ => [(byte)random.Next(256), .. RequestRest()],
        };
    }

    private byte[] Data(uint channel)
    {
        var length = random.Next(random.Next(4) == 0 ? LongestPayload : 300);
        // The fields of an adjustment are those that data begins with.
        var header = ScriptedPeer.Encode(new ChannelWindowAdjust(channel, (uint)length));
        return [MessageNumber.ChannelData, .. header[1..], .. _scratch[..length]];
    }

    private byte[] RequestRest()
    {
        var text = "xterm"u8.ToArray();
        byte[] one = [0, 0, 0, (byte)text.Length, .. text];
        return random.Next(4) switch
        {
            0 => [],
            1 => one,
            2 => [.. one, .. one],
            _ => [.. one, .. new byte[16], 0, 0, 0, 0],
        };
    }

    /// <summary>In one piece or in many, or with the version line cut.</summary>
    private async Task SendAsync(byte[] packet)
    {
        if (random.Next(40) == 0)
        {
            packet = [.. Encoding.ASCII.GetBytes("SSH-2.0-again\r\n"), .. packet];
        }

        var pieces = random.Next(4) == 0 ? 1 + random.Next(5) : 1;
        for (var at = 0; at < packet.Length;)
        {
            var length = pieces == 1 ? packet.Length - at : Math.Min(packet.Length - at, 1 + random.Next(packet.Length / pieces + 1));
            await peer.SendRawAsync(packet.AsMemory(at, length));
            at += length;
        }
    }

    /// <summary>Politely, abruptly, or with a reset.</summary>
    private void Leave()
    {
        switch (random.Next(3))
        {
            case 0:
                peer.EndSending();
                break;
            case 1:
                socket.LingerState = new LingerOption(enable: true, 0);
                socket.Dispose();
                break;
            default:
                socket.Dispose();
                break;
        }
    }

    /// <summary>Takes what comes, as bytes: nobody here can decrypt after a key exchange that was played with.</summary>
    private async Task ReadAsync()
    {
        if (random.Next(4) == 0)
        {
            return;
        }

        var buffer = new byte[64 * 1024];
        try
        {
            while (await socket.ReceiveAsync(buffer, SocketFlags.None) > 0)
            {
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The end of it.
        }
    }
}
