using Postern.Ssh.Messages;
using Postern.Ssh.Server;
using Postern.Ssh.Tests.Fixtures;

namespace Postern.Ssh.Tests.Transport;

/// <summary>
/// Every message number in every state of the server: each has the one answer that is defined for it, or ends the
/// connection and has no effect. What is sent is well-formed and, for a login, rightly signed, so that only number and
/// state decide. Security 3, 4, 5, 31, 32.
/// </summary>
public class StateWalkTests
{
    // Not assigned in the transport layer, or the server's: answered with UNIMPLEMENTED.
    private static readonly byte[] UnknownTransport = [6, .. Range(8, 19)];

    // Not assigned, or another's: answered with UNIMPLEMENTED once somebody is in.
    private static readonly byte[] UnknownConnection = [.. Range(101, 191), .. Range(193, 255)];

    public static TheoryData<WalkState, bool> States()
    {
        var data = new TheoryData<WalkState, bool>();
        foreach (var state in Enum.GetValues<WalkState>())
        {
            data.Add(state, true);
            if (state is WalkState.Kexinit or WalkState.Newkeys or WalkState.Authenticated or >= WalkState.RekeyByUs and < WalkState.Closed)
            {
                // Elsewhere there is no key exchange, nor the memory of one, that strictness could change.
                data.Add(state, false);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(States))]
    public async Task EveryNumber_InEveryState_IsTakenOrFatal(WalkState state, bool isStrict)
    {
        var legal = Legal(state, isStrict);
        var concurrency = new ParallelOptions { MaxDegreeOfParallelism = 4 };
        await Parallel.ForEachAsync(Enumerable.Range(0, 256), concurrency, async (number, _) =>
            await WalkAsync(state, isStrict, (byte)number, legal.GetValueOrDefault((byte)number)));
    }

    /// <summary>The numbers that may come, each with the numbers of the answers to it; all others are fatal.</summary>
    private static Dictionary<byte, byte[]> Legal(WalkState state, bool isStrict)
    {
        var legal = new Dictionary<byte, byte[]> { [MessageNumber.Disconnect] = [] };
        if (!isStrict || state is not (WalkState.Kexinit or WalkState.Newkeys))
        {
            legal[MessageNumber.Ignore] = legal[MessageNumber.Unimplemented] = legal[MessageNumber.Debug] = [];
        }

        switch (state)
        {
            case WalkState.Start:
                legal.Clear();
                break;
            case WalkState.Version:
                legal[MessageNumber.KexInit] = [];
                break;
            case WalkState.Kexinit:
                legal[MessageNumber.KexEcdhInit] = [MessageNumber.KexEcdhReply, MessageNumber.NewKeys];
                break;
            case WalkState.RekeyByPeer:
                // The connection protocol goes on, and its answers are held.
                legal[MessageNumber.KexEcdhInit] = [MessageNumber.KexEcdhReply, MessageNumber.NewKeys];
                legal[MessageNumber.GlobalRequest] = legal[MessageNumber.ChannelOpen] = [];
                break;
            case WalkState.Newkeys:
                legal[MessageNumber.NewKeys] = [];
                break;
            case WalkState.RekeyNewkeys:
                legal[MessageNumber.NewKeys] = [];
                legal[MessageNumber.GlobalRequest] = [MessageNumber.RequestSuccess];
                legal[MessageNumber.ChannelOpen] = [MessageNumber.ChannelOpenConfirmation];
                break;
            case WalkState.Keys:
                legal[MessageNumber.ExtInfo] = [];
                AddBeforeAuthentication(legal);
                break;
            case WalkState.Service:
                AddBeforeAuthentication(legal);
                legal[MessageNumber.UserAuthRequest] = [MessageNumber.UserAuthSuccess];
                break;
            case WalkState.Partial:
                AddBeforeAuthentication(legal);
                legal[MessageNumber.UserAuthRequest] = [MessageNumber.UserAuthSuccess];
                break;
            case WalkState.AskedAfterKey or WalkState.Asked:
                // A new request aborts the questions without a failure (RFC 4252 section 5.1); here it is a key that is right.
                AddBeforeAuthentication(legal);
                legal[MessageNumber.UserAuthRequest] = [MessageNumber.UserAuthSuccess];
                legal[MessageNumber.UserAuthInfoResponse] = [MessageNumber.UserAuthFailure];
                break;
            case WalkState.Refusing:
                AddBeforeAuthentication(legal);
                legal[MessageNumber.UserAuthRequest] = [MessageNumber.UserAuthFailure];
                break;
            case WalkState.Accepting or WalkState.Authenticated:
                AddAuthenticated(legal);
                break;
            case WalkState.RekeyByUs:
                AddAuthenticated(legal);
                foreach (var (number, answers) in legal)
                {
                    // What is no matter of the transport layer is held until there are new keys, which never come here.
                    legal[number] = [.. answers.Where(answer => answer <= MessageNumber.Debug)];
                }

                break;
            default:
                break;
        }

        return legal;
    }

    private static void AddBeforeAuthentication(Dictionary<byte, byte[]> legal)
    {
        Add(legal, UnknownTransport, MessageNumber.Unimplemented);
        legal[MessageNumber.ServiceRequest] = [MessageNumber.ServiceAccept];
        legal[MessageNumber.KexInit] = [MessageNumber.KexInit];
    }

    private static void AddAuthenticated(Dictionary<byte, byte[]> legal)
    {
        Add(legal, UnknownTransport, MessageNumber.Unimplemented);
        Add(legal, UnknownConnection, MessageNumber.Unimplemented);
        legal[MessageNumber.KexInit] = [MessageNumber.KexInit];
        legal[MessageNumber.UserAuthRequest] = [];
        legal[MessageNumber.GlobalRequest] = [MessageNumber.RequestSuccess];
        legal[MessageNumber.ChannelOpen] = [MessageNumber.ChannelOpenConfirmation];
        legal[MessageNumber.Ping] = [MessageNumber.Pong];
    }

    private static void Add(Dictionary<byte, byte[]> legal, byte[] numbers, byte answer)
    {
        foreach (var number in numbers)
        {
            legal[number] = [answer];
        }
    }

    private static async Task WalkAsync(WalkState state, bool isStrict, byte number, byte[]? answers)
    {
        using var walk = await StateWalk.ReachAsync(state, isStrict);
        await walk.SendAsync(Payload(walk.Peer, number));
        var received = await walk.ReadToEndAsync();
        var end = await walk.Engine.EndAsync();

        var place = $"message {number} in state {state}, {(isStrict ? "strict" : "not strict")}: {end}, answers {string.Join(' ', received)}";
        if (state == WalkState.Closed)
        {
            // Nobody reads any more; whether the goodbye arrives before the reset is the kernel's affair.
            Assert.True(end == ConnectionEnd.LocalDisconnect, place);
        }
        else
        {
            Assert.True(received.SequenceEqual(answers ?? [MessageNumber.Disconnect]), place);
            var expected = answers is null ? ConnectionEnd.ProtocolError
                : number == MessageNumber.Disconnect ? ConnectionEnd.PeerDisconnected
                : ConnectionEnd.TransportClosed;
            Assert.True(end == expected, place);
        }

        // No handler hears of anything but what is legal here.
        var opens = number == MessageNumber.ChannelOpen
            && state is WalkState.Accepting or WalkState.Authenticated or WalkState.RekeyByUs or WalkState.RekeyByPeer or WalkState.RekeyNewkeys;
        Assert.True(walk.Engine.Channels.Count == (opens ? 1 : 0), place);
        var logsIn = number == MessageNumber.UserAuthRequest
            && state is (WalkState.Service or WalkState.Partial or WalkState.AskedAfterKey or WalkState.Asked);
        var isJudged = logsIn || (number == MessageNumber.UserAuthRequest && state == WalkState.Refusing);
        var logins = walk.LoginsBefore + (isJudged ? 1 : 0);
        Assert.True(walk.Engine.Proved.Count == logins && walk.Engine.Queried.Count == 0, place);
        Assert.True((walk.Engine.Connection is not null) == (walk.IsIn || logsIn), place);
    }

    /// <summary>A well-formed message where the number may come.</summary>
    private static byte[] Payload(ScriptedPeer peer, byte number) => number switch
    {
        MessageNumber.Disconnect => ScriptedPeer.Encode(new Disconnect(11, "bye", "")),
        MessageNumber.ServiceRequest => ScriptedPeer.Encode(new ServiceRequest("ssh-userauth")),
        MessageNumber.ExtInfo => ScriptedPeer.Encode(new ExtInfo([])),
        MessageNumber.KexInit => ScriptedPeer.Encode(peer.Offer),
        MessageNumber.NewKeys => [MessageNumber.NewKeys],
        MessageNumber.KexEcdhInit => ScriptedPeer.Encode(new KexEcdhInit([9, .. new byte[31]])),
        MessageNumber.UserAuthRequest => peer.SignedRequest(peer.Key),
        MessageNumber.GlobalRequest => StateWalk.KeepAlive,
        MessageNumber.ChannelOpen => ScriptedPeer.Encode(new ChannelOpen("session", 1, 1, 1, [])),
        MessageNumber.Ping => ScriptedPeer.Encode(new Ping([1])),
        _ => [number, 0, 0, 0, 0],
    };

    private static byte[] Range(int from, int to) => [.. Enumerable.Range(from, to - from + 1).Select(i => (byte)i)];
}
