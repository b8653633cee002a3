using System.Text.Json;
using Postern.Contracts.Api;

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
}
