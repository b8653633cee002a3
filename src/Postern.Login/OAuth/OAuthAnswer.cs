using System.Text.Json.Serialization.Metadata;
using Postern.Contracts.OAuth;

namespace Postern.Login.OAuth;

/// <summary>Writes the JSON answers of the OAuth endpoints, which nobody may cache (RFC 6749 section 5.1).</summary>
internal static class OAuthAnswer
{
    public static Task WriteAsync<T>(HttpContext context, int status, T body, JsonTypeInfo<T> type)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.Pragma = "no-cache";
        return context.Response.WriteAsJsonAsync(body, type, "application/json", context.RequestAborted);
    }

    /// <summary>RFC 6585 section 4: too much was asked for from one place; OAuth has no word of its own for it on this endpoint.</summary>
    public static Task WriteTooManyAsync(HttpContext context, TimeSpan wait)
    {
        context.RetryAfter(wait);
        return WriteAsync(
            context,
            StatusCodes.Status429TooManyRequests,
            new Contracts.OAuth.OAuthError { Error = OAuthErrorCode.SlowDown, ErrorDescription = "Too many requests; wait as long as Retry-After says." },
            OAuthJsonContext.Default.OAuthError);
    }

    /// <summary>RFC 6749 section 5.2: 400, and 401 with a challenge when the client is not known.</summary>
    public static Task WriteErrorAsync(HttpContext context, OAuthError error)
    {
        var isClientUnknown = error.Code == OAuthErrorCode.InvalidClient;
        if (isClientUnknown)
        {
            context.Response.Headers.WWWAuthenticate = "Basic realm=\"postern\"";
        }

        return WriteAsync(
            context,
            isClientUnknown ? StatusCodes.Status401Unauthorized : StatusCodes.Status400BadRequest,
            new Contracts.OAuth.OAuthError { Error = error.Code, ErrorDescription = error.Description },
            OAuthJsonContext.Default.OAuthError);
    }
}
