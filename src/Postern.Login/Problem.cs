using System.Text.Json;
using Postern.Contracts.Api;
using Postern.Contracts.OAuth;

namespace Postern.Login;

/// <summary>Writes an error of an API call: RFC 9457, with the fields that older clients show.</summary>
internal static class Problem
{
    /// <summary>What an API token without MFA hears; people look this text up in the documentation.</summary>
    private const string TokenRequiresMfa =
        "Multifactor authentication (MFA) is required. The API token may need to be re-created after enabling MFA.";

    private const string ContentType = "application/problem+json";

    public static Task WriteAsync(HttpContext context, int status, string title, string detail, string? error = null)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.CacheControl = "no-store";
        var document = new ProblemDocument
        {
            Type = "about:blank",
            Title = title,
            Status = status,
            Code = status,
            Detail = JsonSerializer.SerializeToElement(detail, ApiJsonContext.Default.String),
            Message = detail,
            Error = error,
            ErrorDescription = error is null ? null : detail,
        };
        return context.Response.WriteAsJsonAsync(
            document, ApiJsonContext.Default.ProblemDocument, ContentType, context.RequestAborted);
    }

    /// <summary>The sign-in had no second factor (RFC 9470 section 3): the method is in the header and in the body.</summary>
    public static Task WriteStepUpAsync(HttpContext context, bool isToken)
    {
        var description = isToken ? TokenRequiresMfa : "This organization requires multi-factor authentication.";
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.WWWAuthenticate =
            $"Bearer error=\"insufficient_user_authentication\", error_description=\"{description}\", amr=\"mfa\"";
        return context.Response.WriteAsJsonAsync(
            new StepUpChallenge { ErrorDescription = description, Amr = ["mfa"] },
            OAuthJsonContext.Default.StepUpChallenge,
            "application/json",
            context.RequestAborted);
    }
}
