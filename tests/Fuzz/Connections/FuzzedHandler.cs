using System.Collections.Concurrent;
using Postern.Ssh.Connection;
using Postern.Ssh.Server;

namespace Fuzz.Connections;

/// <summary>
/// The server's side of a fuzzed connection: judges keys, opens and refuses channels at once or later, and checks that
/// the engine keeps its promises to handlers.
/// </summary>
internal sealed class FuzzedHandler(int seed) : IServerAuthenticator, IServerConnectionHandler
{
    private readonly ConcurrentQueue<FuzzedChannel> _channels = new();
    private readonly Random _random = new(seed);
    private int _authenticated;
    private int _ended;
    private string? _wrong;

    public bool IsIn => _authenticated == 1;

    public int ChannelCount => _channels.Count;

    public async ValueTask<bool> IsKeyWorthTryingAsync(PublicKeyAttempt attempt, CancellationToken cancellationToken)
    {
        await LaterAsync();
        return Chance(2);
    }

    public async ValueTask<AuthenticationOutcome> AuthenticateAsync(PublicKeyAttempt attempt, CancellationToken cancellationToken)
    {
        await LaterAsync();
        return attempt.UserName == "user"
            ? new AuthenticationOutcome.Accepted(this)
            : new AuthenticationOutcome.Refused(Chance(2) ? "no\n" : null, Chance(4));
    }

    public void OnAuthenticated(ServerConnection connection)
    {
        if (Interlocked.Increment(ref _authenticated) != 1)
        {
            _wrong ??= "authenticated twice";
        }
    }

    public async ValueTask<ChannelOpenDecision> OpenChannelAsync(ChannelOpenRequest request, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _authenticated) != 1 || Volatile.Read(ref _ended) != 0)
        {
            _wrong ??= "a channel before authentication or after the end";
        }

        await LaterAsync();
        if (Chance(4))
        {
            return new ChannelOpenDecision.Refused(ChannelOpenFailureReason.ConnectFailed, "not now");
        }

        var channel = new FuzzedChannel(_random.Next());
        _channels.Enqueue(channel);
        return new ChannelOpenDecision.Accepted(channel);
    }

    public void OnEnded(ConnectionEnd end)
    {
        if (Interlocked.Increment(ref _ended) != 1)
        {
            _wrong ??= "the end was told twice";
        }
    }

    /// <summary>After the connection: the promise that was broken, or null.</summary>
    public string? WhatIsWrong() =>
        _wrong
        ?? (_authenticated != _ended ? $"authenticated {_authenticated} times, ended {_ended} times" : null)
        ?? _channels.Select(channel => channel.WhatIsWrong()).FirstOrDefault(wrong => wrong is not null);

    private async Task LaterAsync()
    {
        if (Chance(3))
        {
            await Task.Yield();
        }
    }

    private bool Chance(int of)
    {
        lock (_random)
        {
            return _random.Next(of) == 0;
        }
    }
}
