namespace Postern.Ssh.Transport;

/// <summary>A limit of one connection that has no counter of its own; <c>docs/limits.md</c> has what each is for.</summary>
internal enum EngineLimit
{
    /// <summary>The peer began more re-keys than its budget has.</summary>
    Rekeys,

    /// <summary>The peer does not read the answers that it asked for.</summary>
    Answers,

    /// <summary>Too many requests of the peer wait for an answer, or too large ones.</summary>
    Requests,

    /// <summary>The peer asked for proofs of host keys more often than it may.</summary>
    Proofs,

    /// <summary>A channel got the small window.</summary>
    Windows,

    /// <summary>Costly computing had to wait for its turn.</summary>
    Computing,

    /// <summary>The person was asked in as many rounds as there may be.</summary>
    Rounds,
}
