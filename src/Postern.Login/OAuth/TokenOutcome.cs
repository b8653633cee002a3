using Postern.Directory.Sessions;

namespace Postern.Login.OAuth;

/// <summary>What a grant comes to: a session to make an access token for, or an error. Exactly one of the two is not null.</summary>
/// <param name="Session">The session that the token belongs to.</param>
/// <param name="RefreshToken">The refresh token that goes with it, or null.</param>
/// <param name="Error">Why not.</param>
internal sealed record TokenOutcome(Session? Session, string? RefreshToken, OAuthError? Error)
{
    /// <summary>How long to wait before the same is asked for again; zero when that is not what was wrong.</summary>
    public TimeSpan RetryAfter { get; private init; }

    public static TokenOutcome Granted(Session session, string? refreshToken) => new(session, refreshToken, null);

    public static TokenOutcome Refused(OAuthError error) => new(null, null, error);

    /// <summary>It was asked for too often; what is asked for again after <paramref name="wait"/> is answered.</summary>
    public static TokenOutcome TooMany(TimeSpan wait) =>
        new(null, null, new(OAuthErrorCode.SlowDown, "Too many requests.")) { RetryAfter = wait };

    /// <summary>A parameter that the grant cannot do without.</summary>
    public static TokenOutcome Missing(string parameter) =>
        Refused(OAuthError.InvalidRequest($"The parameter {parameter} is missing."));
}
