using System.Text.Json;
using Postern.Contracts.Api;
using Postern.Contracts.OAuth;
using Postern.Directory.Rules;
using Postern.Login.Factors;

namespace Postern.Login;

/// <summary>Writes an error of an API call: RFC 9457, with the fields that older clients show.</summary>
internal static class Problem
{
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

    /// <summary>The sign-in is too old for what is asked, or had no second factor though the account has one (RFC 9470 section 3).</summary>
    public static Task WriteSignInAgainAsync(HttpContext context, TimeSpan maximumAge, bool withMfa)
    {
        const string description = "This needs a more recent sign-in.";
        var seconds = (long)maximumAge.TotalSeconds;
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.WWWAuthenticate =
            $"Bearer error=\"insufficient_user_authentication\", error_description=\"{description}\"{(withMfa ? ", amr=\"mfa\"" : "")}, max_age=\"{seconds}\"";
        return context.Response.WriteAsJsonAsync(
            new StepUpChallenge { ErrorDescription = description, Amr = withMfa ? ["mfa"] : null, MaxAge = seconds },
            OAuthJsonContext.Default.StepUpChallenge,
            "application/json",
            context.RequestAborted);
    }

    /// <summary>The sign-in lacks a method (RFC 9470 section 3), by default a second factor; the method is in the header and in the body.</summary>
    public static Task WriteStepUpAsync(HttpContext context, bool isToken, string method = AuthenticationMethods.MultiFactor)
    {
        var description = StepUpText.Of([method], isToken);
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.WWWAuthenticate =
            $"Bearer error=\"insufficient_user_authentication\", error_description=\"{description}\", amr=\"{method}\"";
        return context.Response.WriteAsJsonAsync(
            new StepUpChallenge { ErrorDescription = description, Amr = [method] },
            OAuthJsonContext.Default.StepUpChallenge,
            "application/json",
            context.RequestAborted);
    }
}
