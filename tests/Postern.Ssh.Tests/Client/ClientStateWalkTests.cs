using Postern.Ssh.Client;
using Postern.Ssh.Messages;
using Postern.Ssh.Server;
using Postern.Ssh.Tests.Fixtures;

namespace Postern.Ssh.Tests.Client;

/// <summary>
/// Every message number in every state of the client: what a server may not send there ends the connection, and nobody
/// is signed in by it. Security 3, 4, 5, 31, 32, 68.
/// </summary>
public class ClientStateWalkTests
{
    // What either side may send at any time outside of a strict first exchange.
    private static readonly byte[] Always = [MessageNumber.Disconnect, MessageNumber.Ignore, MessageNumber.Unimplemented, MessageNumber.Debug];

    // Not assigned, or what only a client sends: answered with UNIMPLEMENTED.
    private static readonly byte[] UnknownTransport = [MessageNumber.ServiceRequest, .. Range(8, 19)];

    public static TheoryData<string, bool> States() => new()
    {
        { "version", true },
        { "kexinit", true },
        { "kexinit", false },
        { "newkeys", true },
        { "newkeys", false },
        { "keys", true },
        { "authentication", true },
        { "asking", true },
        { "signed in", true },
        { "signed in", false },
        { "rekey", true },
        { "rekey", false },
    };

    [Theory]
    [MemberData(nameof(States))]
    public async Task EveryNumber_InEveryState_IsTakenOrFatal(string state, bool isStrict)
    {
        var legal = Legal(state, isStrict);
        var concurrency = new ParallelOptions { MaxDegreeOfParallelism = 4 };

        // The one number that needs an exchange's own numbers is in every test that exchanges keys.
        var numbers = Enumerable.Range(0, 256).Where(n => n != MessageNumber.KexEcdhReply || state is not ("kexinit" or "rekey"));
        await Parallel.ForEachAsync(numbers, concurrency, async (number, _) =>
            await WalkAsync(state, isStrict, (byte)number, legal.Contains((byte)number)));
    }

    private static byte[] Legal(string state, bool isStrict) => state switch
    {
        "version" => [.. Always, MessageNumber.KexInit],
        "kexinit" => isStrict ? [MessageNumber.Disconnect] : Always,
        "newkeys" => [.. isStrict ? [MessageNumber.Disconnect] : Always, MessageNumber.NewKeys],
        "keys" => [.. Always, .. UnknownTransport, MessageNumber.ServiceAccept, MessageNumber.ExtInfo, MessageNumber.KexInit],
        "authentication" =>
        [
            .. Always, .. UnknownTransport, MessageNumber.ExtInfo, MessageNumber.KexInit, MessageNumber.UserAuthFailure,
            MessageNumber.UserAuthSuccess, MessageNumber.UserAuthBanner,
        ],
        "asking" =>
        [
            .. Always, .. UnknownTransport, MessageNumber.ExtInfo, MessageNumber.KexInit, MessageNumber.UserAuthFailure,
            MessageNumber.UserAuthSuccess, MessageNumber.UserAuthBanner, MessageNumber.UserAuthInfoRequest,
        ],
        "signed in" =>
        [
            .. Always, .. UnknownTransport, MessageNumber.KexInit, MessageNumber.GlobalRequest, MessageNumber.ChannelOpen,
            .. Range(101, 255),
        ],
        _ => Always,
    };

    private static async Task WalkAsync(string state, bool isStrict, byte number, bool isLegal)
    {
        var (server, client) = await ReachAsync(state, isStrict);
        await server.SendPayloadAsync(Payload(server, number));
        server.EndSending();

        var isSignedInByIt = state is ("authentication" or "asking") && number == MessageNumber.UserAuthSuccess;
        if (isSignedInByIt)
        {
            client = await server.Connecting.WaitAsync(ScriptedPeer.Patience);
        }

        var end = client is null ? (await server.FailureAsync()).End : await client.Ended.WaitAsync(ScriptedPeer.Patience);
        var expected = !isLegal ? ConnectionEnd.ProtocolError
            : number == MessageNumber.Disconnect ? ConnectionEnd.PeerDisconnected
            : number == MessageNumber.UserAuthFailure ? ConnectionEnd.AuthenticationFailed
            : ConnectionEnd.TransportClosed;
        Assert.True(end == expected, $"message {number} in state '{state}', {(isStrict ? "strict" : "not strict")}: {end}, not {expected}");
        if (client is not null)
        {
            await client.DisposeAsync();
        }

        server.Dispose();
    }

    private static async Task<(ScriptedServer Server, SshClientConnection? Client)> ReachAsync(string state, bool isStrict)
    {
        var server = await ScriptedServer.StartAsync(
            state == "asking" ? ClientFixture.Config with { Prompts = new ScriptedAnswers("123456") } : null);
        if (!isStrict)
        {
            server.Offer = server.Offer with { KeyExchanges = ["curve25519-sha256"] };
        }

        await server.ExchangeVersionsAsync();
        if (state == "version")
        {
            return (server, null);
        }

        if (state is "kexinit" or "newkeys")
        {
            await server.SendAsync(server.Offer);
            var init = await server.ReceiveInitAsync();
            if (state == "newkeys")
            {
                await server.ReplyAsync(init, sendsNewKeys: false);
            }

            return (server, null);
        }

        await server.ExchangeKeysAsync();
        await server.ExpectAsync<ServiceRequest>();
        if (state == "keys")
        {
            return (server, null);
        }

        await server.SendAsync(new ServiceAccept("ssh-userauth"));
        await server.ExpectAsync<UserAuthRequest>();
        if (state == "authentication")
        {
            return (server, null);
        }

        if (state == "asking")
        {
            await server.SendAsync(new UserAuthFailure(["keyboard-interactive"], IsPartialSuccess: false));
            await server.ExpectAsync<UserAuthRequest>();
            return (server, null);
        }

        await server.SendAsync(default(UserAuthSuccess));
        var client = await server.Connecting.WaitAsync(ScriptedPeer.Patience);
        if (state == "rekey")
        {
            await server.SendAsync(server.Offer);
            await server.ReceiveInitAsync();
        }

        return (server, client);
    }

    /// <summary>A well-formed message where the number may come.</summary>
    private static byte[] Payload(ScriptedServer server, byte number) => number switch
    {
        MessageNumber.Disconnect => ScriptedPeer.Encode(new Disconnect(11, "bye", "")),
        MessageNumber.ServiceAccept => ScriptedPeer.Encode(new ServiceAccept("ssh-userauth")),
        MessageNumber.ExtInfo => ScriptedPeer.Encode(new ExtInfo([])),
        MessageNumber.KexInit => ScriptedPeer.Encode(server.Offer),
        MessageNumber.NewKeys or MessageNumber.UserAuthSuccess => [number],
        MessageNumber.UserAuthFailure => ScriptedPeer.Encode(new UserAuthFailure(["publickey"], IsPartialSuccess: false)),
        MessageNumber.UserAuthBanner => ScriptedPeer.Encode(new UserAuthBanner("hello", "")),
        MessageNumber.UserAuthInfoRequest => ScriptedPeer.Encode(new UserAuthInfoRequest("", "", [new("Code: ", IsEchoed: false)])),
        MessageNumber.GlobalRequest => StateWalk.KeepAlive,
        MessageNumber.ChannelOpen => ScriptedPeer.Encode(new ChannelOpen("session", 1, 1, 1, [])),
        MessageNumber.Ping => ScriptedPeer.Encode(new Ping([1])),
        _ => [number, 0, 0, 0, 0],
    };

    private static byte[] Range(int from, int to) => [.. Enumerable.Range(from, to - from + 1).Select(i => (byte)i)];
}
