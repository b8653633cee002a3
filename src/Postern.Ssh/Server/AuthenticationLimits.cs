namespace Postern.Ssh.Server;

/// <summary>Limits of authentication (RFC 4252 section 4).</summary>
public sealed record AuthenticationLimits
{
    /// <summary>Time from the TCP connection to a successful authentication; OpenSSH's LoginGraceTime is 120 s.</summary>
    public TimeSpan LoginGrace { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>
    /// The most that questions to a person add to the login grace, all of one connection together: ten minutes are enough to
    /// find a telephone or to sign in with a browser.
    /// </summary>
    public TimeSpan InteractiveGrace { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Rounds of questions on one connection, those included that only tell something (RFC 4256 section 3.2): one every few
    /// seconds of <see cref="InteractiveGrace"/>.
    /// </summary>
    public int MaximumRounds { get; init; } = 250;

    /// <summary>Refused attempts before the connection ends; OpenSSH's MaxAuthTries is 6.</summary>
    public int MaximumFailures { get; init; } = 6;

    /// <summary>
    /// Authentication requests of any kind on one connection, public-key queries, each of which costs a lookup, and
    /// requests for the service included. OpenSSH allows 1024; an agent with many keys stays far below 100.
    /// </summary>
    public int MaximumRequests { get; init; } = 100;
}
