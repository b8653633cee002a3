namespace Postern.Ssh.Server;

/// <summary>What the authenticator says to a proved key: one of the nested records.</summary>
public abstract record AuthenticationOutcome
{
    private AuthenticationOutcome()
    {
    }

    /// <summary>The person is in; <paramref name="Handler"/> answers for all that follows on the connection.</summary>
    public sealed record Accepted(IServerConnectionHandler Handler) : AuthenticationOutcome;

    /// <summary>
    /// Not with this key. The banner, if there is one, goes out before the failure (RFC 4252 section 5.4), lines
    /// ended by LF here and CR LF on the wire.
    /// </summary>
    /// <param name="Banner">Text for the person, or null.</param>
    /// <param name="IsFinal">Whether no other key may be tried: the connection ends with the failure sent.</param>
    public sealed record Refused(string? Banner, bool IsFinal = false) : AuthenticationOutcome;
}
