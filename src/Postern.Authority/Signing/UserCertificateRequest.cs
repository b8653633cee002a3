using System.Net;

namespace Postern.Authority;

/// <summary>Who asks for a user certificate and on what grounds. The caller has made sure that the token holds.</summary>
public sealed record UserCertificateRequest
{
    /// <summary>The key to certify, as the line of a <c>.pub</c> file; unjudged text from the client.</summary>
    public required string AuthorizedKey { get; init; }

    /// <summary>The person, who becomes key id and only principal.</summary>
    public required Guid UserId { get; init; }

    /// <summary>The session that the token belongs to.</summary>
    public required Guid SessionId { get; init; }

    /// <summary>When that session ends at the latest; the certificate ends no later.</summary>
    public required DateTimeOffset SessionEnd { get; init; }

    /// <summary>The token's <c>jti</c>.</summary>
    public required string TokenId { get; init; }

    /// <summary>The token's claims that clients compare (auth_time, amr, grant, scp, act), as a JSON object.</summary>
    public required string TokenClaims { get; init; }

    /// <summary>The token's <c>access_id</c>, or null.</summary>
    public string? AccessId { get; init; }

    /// <summary>The token's <c>access</c> document, as a JSON object, or null.</summary>
    public string? Access { get; init; }

    /// <summary>Whether the session holds a second factor.</summary>
    public bool HasMfa { get; init; }

    /// <summary>Whether the session is one of a program with an API token.</summary>
    public bool IsApp { get; init; }

    /// <summary>The address ranges that the certificate is pinned to, separated by commas, or null for anywhere.</summary>
    public string? SourceAddress { get; init; }

    /// <summary>Where the request came from, for the record; null when that is not known.</summary>
    public IPAddress? RequestingAddress { get; init; }
}
