using System.Net.Mime;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Postern.Contracts.Api;
using Postern.Contracts.OAuth;
using Postern.Directory.Rules;

namespace Postern.Api.Answers;

/// <summary>The answers of the API: JSON resources, and errors of RFC 9457 with the fields that older clients show.</summary>
internal static class Answer
{
    private const string ProblemJson = "application/problem+json";

    public static IResult Ok<T>(T value, JsonTypeInfo<T> type) => Results.Json(value, type);

    public static IResult Created<T>(T value, JsonTypeInfo<T> type) => Results.Json(value, type, statusCode: StatusCodes.Status201Created);

    /// <summary>Unknown, or not for this person to see: the answer is the same to the byte.</summary>
    public static IResult NotFound() => Problem(StatusCodes.Status404NotFound, "Not Found", "There is no such thing, or you do not have access to it.");

    public static IResult BadRequest(string detail) => Problem(StatusCodes.Status400BadRequest, "Bad Request", detail);

    public static IResult Conflict(string detail) => Problem(StatusCodes.Status409Conflict, "Conflict", detail);

    public static IResult Forbidden(string detail) => Problem(StatusCodes.Status403Forbidden, "Forbidden", detail);

    public static IResult ServerError() => Problem(
        StatusCodes.Status500InternalServerError, "Internal Server Error", "The server could not answer; its log says why. Try again later.");

    public static IResult Problem(int status, string title, string detail) => new ProblemAnswer(new ProblemDocument
    {
        Type = "about:blank",
        Title = title,
        Status = status,
        Code = status,
        Detail = JsonSerializer.SerializeToElement(detail, ApiJsonContext.Default.String),
        Message = detail,
    });

    /// <summary>
    /// The sign-in is not strong enough (RFC 9470). Clients read the methods from the header or from the body, so they are
    /// in both; the values of the header hold no comma, which one client's parser would split at.
    /// </summary>
    /// <param name="caller">Who asks: the owner of an API token cannot sign in better with it.</param>
    /// <param name="missing">The methods that are missing; by default a second factor.</param>
    public static IResult StepUp(Caller caller, IReadOnlyList<string>? missing = null) => new StepUpAnswer(
        StepUpText.Of(missing ?? ["mfa"], caller.Token is not null), missing ?? ["mfa"], null);

    /// <summary>The sign-in is too old for what is asked (RFC 9470 section 3), or had no second factor though the account has one.</summary>
    public static IResult SignInAgain(TimeSpan maximumAge, bool withMfa) => new StepUpAnswer(
        "This needs a more recent sign-in.", withMfa ? ["mfa"] : [], (long)maximumAge.TotalSeconds);

    private sealed class ProblemAnswer(ProblemDocument problem) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            // Existing clients read errors only from plain JSON; who knows the newer type asks for it.
            var accepts = httpContext.Request.Headers.Accept.ToString();
            var type = accepts.Contains(ProblemJson, StringComparison.OrdinalIgnoreCase) ? ProblemJson : MediaTypeNames.Application.Json;
            httpContext.Response.StatusCode = problem.Status;
            return httpContext.Response.WriteAsJsonAsync(
                problem, ApiJsonContext.Default.ProblemDocument, type, httpContext.RequestAborted);
        }
    }

    private sealed class StepUpAnswer(string description, IReadOnlyList<string> methods, long? maximumAge) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = StatusCodes.Status401Unauthorized;
            httpContext.Response.Headers.WWWAuthenticate =
                $"Bearer error=\"insufficient_user_authentication\", error_description=\"{description}\""
                + (methods.Count == 0 ? "" : $", amr=\"{string.Join(' ', methods)}\"")
                + (maximumAge is null ? "" : $", max_age=\"{maximumAge}\"");
            return httpContext.Response.WriteAsJsonAsync(
                new StepUpChallenge { ErrorDescription = description, Amr = methods.Count == 0 ? null : methods, MaxAge = maximumAge },
                OAuthJsonContext.Default.StepUpChallenge,
                MediaTypeNames.Application.Json,
                httpContext.RequestAborted);
        }
    }
}
