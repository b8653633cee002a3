namespace Postern.Login.Sessions;

/// <summary>How a session begins.</summary>
internal sealed record SessionStart
{
    public required Guid UserId { get; init; }

    public required string ClientId { get; init; }

    /// <summary>One of <see cref="SessionGrant"/>.</summary>
    public required string Grant { get; init; }

    /// <summary>How the person proved who they are, separated by spaces (RFC 8176).</summary>
    public required string Amr { get; init; }

    public required DateTimeOffset AuthTime { get; init; }

    /// <summary>When they proved it again, if that was later; or null.</summary>
    public DateTimeOffset? ConfirmedAt { get; init; }

    public required RequestOrigin Origin { get; init; }

    /// <summary>The API token that the session comes from, or null.</summary>
    public Guid? ApiTokenId { get; init; }

    /// <summary>The sign-in at a provider that the session comes of, or null.</summary>
    public Guid? SsoLoginId { get; init; }

    /// <summary>Whether nothing can use it after its access token, for no refresh token was asked for.</summary>
    public bool IsForOneToken { get; init; }

    /// <summary>An end that is nearer than the absolute limit, or null.</summary>
    public DateTimeOffset? NotAfter { get; init; }
}
