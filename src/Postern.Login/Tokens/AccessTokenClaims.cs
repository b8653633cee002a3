using Postern.Directory.Sessions;

namespace Postern.Login.Tokens;

/// <summary>What an access token says, apart from who issued it and until when it is good.</summary>
internal sealed record AccessTokenClaims
{
    /// <summary><c>sub</c>: the user id.</summary>
    public required Guid UserId { get; init; }

    /// <summary><c>sid</c>: the session that the token lives and dies with.</summary>
    public required Guid SessionId { get; init; }

    /// <summary><c>jti</c>: the token's own id, which certificates made with it carry as token id.</summary>
    public required string TokenId { get; init; }

    /// <summary><c>client_id</c> (RFC 9068 section 2.2) and the <c>sub</c> of <c>act</c>: the program that acts for the person.</summary>
    public required string ClientId { get; init; }

    /// <summary><c>amr</c>: how the person proved who they are (RFC 8176).</summary>
    public required IReadOnlyList<string> Amr { get; init; }

    /// <summary><c>auth_time</c>: when they did.</summary>
    public required DateTimeOffset AuthTime { get; init; }

    /// <summary><c>grant</c>: how the session began.</summary>
    public required string Grant { get; init; }

    /// <summary><c>scp</c>: the granted scopes.</summary>
    public required IReadOnlyList<string> Scopes { get; init; }

    /// <summary><c>iat</c>; set when a token was read.</summary>
    public DateTimeOffset IssuedAt { get; init; }

    /// <summary><c>exp</c>; set when a token was read.</summary>
    public DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Whether a second factor was part of the sign-in.</summary>
    public bool HasMfa => Amr.Contains("mfa", StringComparer.Ordinal);

    /// <summary>The claims of a new token of this session.</summary>
    /// <param name="session">The session.</param>
    /// <param name="isOffline">Whether a refresh token goes with it, which is what the scope offline_access means.</param>
    public static AccessTokenClaims For(Session session, bool isOffline) => new()
    {
        UserId = session.UserId,
        SessionId = session.Id,
        TokenId = Guid.NewGuid().ToString("N"),
        ClientId = session.ClientId,
        Amr = session.Amr.Split(' ', StringSplitOptions.RemoveEmptyEntries),
        AuthTime = session.AuthTime,
        Grant = session.Grant,
        Scopes = isOffline ? [OAuth.OAuthScopes.OfflineAccess] : [],
    };
}
