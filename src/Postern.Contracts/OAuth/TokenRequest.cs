namespace Postern.Contracts.OAuth;

/// <summary>The JSON form of a token request; the form-encoded one has the same names (RFC 6749 section 4.1.3).</summary>
public sealed record TokenRequest
{
    /// <summary><c>authorization_code</c>, <c>refresh_token</c>, <c>api_token</c> or that of RFC 8628.</summary>
    public string GrantType { get; set; } = "";

    /// <summary>The client, unless it is in the Authorization header.</summary>
    public string? ClientId { get; set; }

    /// <summary>The authorization code.</summary>
    public string? Code { get; set; }

    /// <summary>The redirect address the code was sent to.</summary>
    public string? RedirectUri { get; set; }

    /// <summary>The PKCE verifier (RFC 7636).</summary>
    public string? CodeVerifier { get; set; }

    /// <summary>The device code (RFC 8628).</summary>
    public string? DeviceCode { get; set; }

    /// <summary>The refresh token.</summary>
    public string? RefreshToken { get; set; }

    /// <summary>The API token.</summary>
    public string? ApiToken { get; set; }

    /// <summary>Scopes, separated by spaces.</summary>
    public string? Scope { get; set; }
}
