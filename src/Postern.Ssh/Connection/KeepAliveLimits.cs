namespace Postern.Ssh.Connection;

/// <summary>How a peer that is no longer there is noticed, like OpenSSH's ClientAliveInterval and ClientAliveCountMax.</summary>
public sealed record KeepAliveLimits
{
    /// <summary>
    /// Time between two questions (keepalive@openssh.com); a minute also keeps the table entries of address translators,
    /// which forget silent connections after some minutes.
    /// </summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Questions in a row that may stay unanswered; at the next the connection ends. Five outlast a change of network.</summary>
    public int Count { get; init; } = 5;
}
