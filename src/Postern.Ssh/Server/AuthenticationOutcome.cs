namespace Postern.Ssh.Server;

/// <summary>What the authenticator says to a proved key or to answers: one of the nested records.</summary>
public abstract record AuthenticationOutcome
{
    private AuthenticationOutcome()
    {
    }

    /// <summary>The person is in; <paramref name="Handler"/> answers for all that follows on the connection.</summary>
    public sealed record Accepted(IServerConnectionHandler Handler) : AuthenticationOutcome;

    /// <summary>
    /// Right, and not enough (RFC 4252 section 5.1): the client is told to go on with keyboard-interactive.
    /// </summary>
    /// <param name="Rest">Asks for what is missing.</param>
    /// <param name="Banner">
    /// Text for the person, or null. It goes out before the client says whether it can ask anybody, so it must serve those
    /// who cannot.
    /// </param>
    public sealed record PartlyAccepted(IPartialSuccess Rest, string? Banner = null) : AuthenticationOutcome;

    /// <summary>
    /// Not with this key, or not with these answers. The banner, if there is one, goes out before the failure (RFC 4252 section 5.4), lines
    /// ended by LF here and CR LF on the wire.
    /// </summary>
    /// <param name="Banner">Text for the person, or null.</param>
    /// <param name="IsFinal">Whether nothing else may be tried: the connection ends with the failure sent.</param>
    public sealed record Refused(string? Banner, bool IsFinal = false) : AuthenticationOutcome;
}
