namespace Postern.Ssh.Server;

/// <summary>What a connection came to: what limits, metrics and logs of a server need to know of it.</summary>
public sealed record ConnectionSummary
{
    /// <summary>Why it ended.</summary>
    public required ConnectionEnd End { get; init; }

    /// <summary>Whether the first key exchange was completed, so that the peer had shown that it speaks SSH.</summary>
    public bool HasKeys { get; init; }

    /// <summary>Whether somebody was authenticated.</summary>
    public bool IsAuthenticated { get; init; }

    /// <summary>Whether it ended because nobody was authenticated within the login grace.</summary>
    public bool IsGraceOver { get; init; }

    /// <summary>Whether it ended because more authentication requests came than one connection may make.</summary>
    public bool HasAskedTooOften { get; init; }

    /// <summary>Authentication tries that failed: keys that were refused, queries included, and methods that we do not have.</summary>
    public int AuthenticationFailures { get; init; }

    /// <summary>Whether a person who was known was refused and told why.</summary>
    public bool WasToldWhy { get; init; }

    /// <summary>The user name of the last authentication request, or null; attacker-controlled text of at most 1024 bytes.</summary>
    public string? UserName { get; init; }
}
