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
    private readonly List<FuzzedQuestions> _exchanges = [];
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
        return attempt.UserName switch
        {
            "user" => new AuthenticationOutcome.Accepted(this),
            "other" when Chance(2) => new AuthenticationOutcome.PartlyAccepted(new FuzzedQuestions(this), Chance(2) ? "more\n" : null),
            _ => new AuthenticationOutcome.Refused(Chance(2) ? "no\n" : null, Chance(4)),
        };
    }

    public bool OffersInteraction => true;

    public async ValueTask<IInteractiveExchange?> BeginExchangeAsync(InteractiveAttempt attempt, CancellationToken cancellationToken)
    {
        await LaterAsync();
        return Chance(4) ? null : new FuzzedQuestions(this);
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
        ?? _exchanges.Select(exchange => exchange.WhatIsWrong).FirstOrDefault(wrong => wrong is not null)
        ?? _channels.Select(channel => channel.WhatIsWrong()).FirstOrDefault(wrong => wrong is not null);

    /// <summary>Asks this and that, and tells right from wrong by chance; checks that it is told of its end once.</summary>
    private sealed class FuzzedQuestions : IInteractiveExchange, IPartialSuccess
    {
        private readonly FuzzedHandler _handler;
        private int _prompts;
        private int _began;
        private int _ended;

        public FuzzedQuestions(FuzzedHandler handler)
        {
            _handler = handler;
            lock (handler._exchanges)
            {
                handler._exchanges.Add(this);
            }
        }

        public TimeSpan Patience => TimeSpan.FromMinutes(1);

        public string? WhatIsWrong => _began != _ended ? $"questions began {_began} times and ended {_ended} times" : null;

        public ValueTask<IInteractiveExchange> BeginExchangeAsync(CancellationToken cancellationToken) =>
            ValueTask.FromResult<IInteractiveExchange>(new FuzzedQuestions(_handler));

        public async ValueTask<InteractiveStep> BeginAsync(CancellationToken cancellationToken)
        {
            _began++;
            await _handler.LaterAsync();
            return Ask();
        }

        public async ValueTask<InteractiveStep> AnswerAsync(IReadOnlyList<string> responses, CancellationToken cancellationToken)
        {
            if (responses.Count != _prompts || _ended != 0)
            {
                _handler._wrong ??= $"{responses.Count} answers to {_prompts} prompts, after {_ended} ends";
            }

            await _handler.LaterAsync();
            return _handler.Chance(2) ? Ask()
                : new InteractiveStep.Decided(_handler.Chance(2)
                    ? new AuthenticationOutcome.Accepted(_handler)
                    : new AuthenticationOutcome.Refused(_handler.Chance(2) ? "no\n" : null, _handler.Chance(4)));
        }

        public void Dispose() => _ended++;

        private InteractiveStep.Asked Ask()
        {
            _prompts = _handler.Chance(2) ? 1 : _handler.Chance(2) ? 0 : 3;
            return new(new InteractiveRound("", "?", [.. Enumerable.Repeat(new InteractivePrompt("? ", IsEchoed: true), _prompts)]));
        }
    }

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
