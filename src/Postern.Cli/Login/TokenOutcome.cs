using System.Net;
using Postern.Cli.Http;
using Postern.Cli.Sessions;

namespace Postern.Cli.Login;

/// <summary>What a token request gave: tokens, or the refusal.</summary>
internal sealed record TokenOutcome(StoredTokens? Tokens, HttpAnswer Answer)
{
    public bool IsRefused => Answer.Status is HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized;

    /// <summary>True when the refresh token itself is refused (RFC 6749, 5.2); other refusals, such as of the client, say nothing about it.</summary>
    public bool IsSessionEnded => IsRefused && Answer.Field("error") == "invalid_grant";

    /// <summary>True when the refusal is about the API token itself.</summary>
    public bool IsInvalidApiToken => IsRefused
        && ((Answer.Field("error") == "invalid_grant" && Answer.Field("error_description")?.Contains("API token", StringComparison.OrdinalIgnoreCase) == true)
            || (Answer.Field("error") == "request_unauthorized" && Answer.Field("error_hint")?.Contains("API token", StringComparison.OrdinalIgnoreCase) == true));
}
