using System.Net.Sockets;
using System.Text;
using Postern.Ssh.Messages;
using Postern.Ssh.Server;

namespace Postern.Ssh.Tests.Fixtures;

/// <summary>One connection that was led into a <see cref="WalkState"/>.</summary>
internal sealed class StateWalk : IDisposable
{
    private readonly WalkState _state;
    private readonly TaskCompletionSource<AuthenticationOutcome> _decision = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private StateWalk(WalkState state, EngineFixture engine, ScriptedPeer peer)
    {
        _state = state;
        Engine = engine;
        Peer = peer;
    }

    /// <summary>A keepalive, which wants an answer.</summary>
    public static byte[] KeepAlive { get; } =
        [MessageNumber.GlobalRequest, 0, 0, 0, 21, .. "keepalive@openssh.com"u8, 1];

    public EngineFixture Engine { get; }

    public ScriptedPeer Peer { get; }

    /// <summary>How many proofs the authenticator was asked about on the way here.</summary>
    public int LoginsBefore => _state is WalkState.Partial or WalkState.AskedAfterKey or >= WalkState.Refusing ? 1 : 0;

    /// <summary>Whether the state is one with somebody in.</summary>
    public bool IsIn => _state >= WalkState.Accepting;

    public static async Task<StateWalk> ReachAsync(WalkState state, bool isStrict)
    {
        var clock = new FakeTimeProvider();
        var (engine, peer) = await EngineFixture.StartAsync(EngineFixture.Config with { TimeProvider = clock });
        var walk = new StateWalk(state, engine, peer);
        if (!isStrict)
        {
            peer.Offer = peer.Offer with { KeyExchanges = ["curve25519-sha256", "ext-info-c"] };
        }

        if (state == WalkState.Start)
        {
            return walk;
        }

        await peer.ExchangeVersionsAsync();
        if (state is WalkState.Kexinit or WalkState.Version)
        {
            await peer.ReceiveKexInitAsync();
            await (state == WalkState.Kexinit ? peer.SendKexInitAsync() : Task.CompletedTask);
            return walk;
        }

        await peer.ExchangeKeysAsync(isNewKeysSent: state != WalkState.Newkeys);
        if (state > WalkState.Keys)
        {
            await peer.RequestServiceAsync();
            await walk.GoOnAsync(clock);
        }

        return walk;
    }

    /// <summary>Sends the message, has what waited be decided, and ends the peer's half.</summary>
    public async Task SendAsync(byte[] payload)
    {
        await Peer.SendPayloadAsync(payload);
        if (_state == WalkState.Start)
        {
            // The packet stands where the line should, and a line follows.
            await Peer.SendRawAsync(Encoding.ASCII.GetBytes("\nSSH-2.0-Late\r\n"));
            await Peer.ReadVersionAsync();
            await Peer.ReceiveKexInitAsync();
        }

        if (_state is WalkState.Refusing or WalkState.Accepting)
        {
            // Nothing is read while the authenticator thinks.
            Assert.Null(Engine.Connection);
            _decision.SetResult(_state == WalkState.Refusing
                ? new AuthenticationOutcome.Refused(null, IsFinal: false)
                : new AuthenticationOutcome.Accepted(Engine));
            var answer = await Peer.ReceiveAsync();
            Assert.Equal(_state == WalkState.Refusing ? MessageNumber.UserAuthFailure : MessageNumber.UserAuthSuccess, answer?[0]);
        }

        Peer.EndSending();
    }

    /// <summary>The numbers of what the server sent to the end, or to the keys that the walk does not make.</summary>
    public async Task<List<byte>> ReadToEndAsync()
    {
        var numbers = new List<byte>();
        try
        {
            while (await Peer.ReceiveAsync() is { } payload)
            {
                numbers.Add(payload[0]);
                if (payload[0] == MessageNumber.NewKeys)
                {
                    break;
                }
            }
        }
        catch (SocketException)
        {
            // Reset instead of closed; what was sent before it has been read.
        }

        return numbers;
    }

    public void Dispose()
    {
        Peer.Dispose();
        Engine.Dispose();
    }

    private async Task GoOnAsync(FakeTimeProvider clock)
    {
        switch (_state)
        {
            case WalkState.Service:
                break;
            case WalkState.Partial or WalkState.AskedAfterKey:
                Engine.Judge = _ => Engine.Proved.Count == 1
                    ? new AuthenticationOutcome.PartlyAccepted(new ScriptedExchange.After(Question))
                    : null;
                await Peer.SendPayloadAsync(Peer.SignedRequest(Peer.Key));
                Assert.True((await Peer.ExpectAsync<UserAuthFailure>()).IsPartialSuccess);
                if (_state == WalkState.AskedAfterKey)
                {
                    await AskAsync();
                }

                break;
            case WalkState.Asked:
                Engine.Interact = _ => Question();
                await AskAsync();
                break;
            case WalkState.Refusing or WalkState.Accepting:
                Engine.JudgeLater = _ =>
                {
                    _asked.TrySetResult();
                    return new ValueTask<AuthenticationOutcome>(_decision.Task);
                };
                await Peer.SendPayloadAsync(Peer.SignedRequest(Peer.Key));
                await _asked.Task.WaitAsync(ScriptedPeer.Patience);
                break;
            default:
                await Peer.AuthenticateAsync();
                await RekeyAsync(clock);
                break;
        }
    }

    /// <summary>One question, to which every answer is wrong.</summary>
    private static ScriptedExchange Question() => new(
        ScriptedExchange.Ask("Code: "), _ => new InteractiveStep.Decided(new AuthenticationOutcome.Refused(null)));

    private async Task AskAsync()
    {
        await Peer.SendPayloadAsync(ScriptedExchange.Request());
        await Peer.ExpectAsync<UserAuthInfoRequest>();
    }

    private async Task RekeyAsync(FakeTimeProvider clock)
    {
        switch (_state)
        {
            case WalkState.RekeyByUs:
                clock.Advance(TimeSpan.FromHours(1));
                await Peer.ReceiveKexInitAsync();
                break;
            case WalkState.RekeyByPeer:
                await Peer.SendKexInitAsync();
                await Peer.ReceiveKexInitAsync();
                break;
            case WalkState.RekeyNewkeys:
                await Peer.ExchangeKeysAsync(isNewKeysSent: false);
                break;
            case WalkState.Closed:
                Engine.Connection!.Disconnect("enough");
                break;
            default:
                break;
        }
    }
}
