using Postern.Directory.Sessions;

namespace Postern.Api.Answers;

/// <summary>Around every endpoint: nothing is kept in caches, the scope of an API token holds, and a fault of ours becomes one answer and one log line.</summary>
internal sealed class AnswerFilter(ILogger<AnswerFilter> logger) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers.XContentTypeOptions = "nosniff";
        if (!Caller.TryRead(http.User, out var caller))
        {
            return Answer.Problem(StatusCodes.Status401Unauthorized, "Unauthorized", "The access token names no account; log in again.");
        }

        if (FindScopeFault(http, caller.Value.Scope) is { } fault)
        {
            return Answer.Forbidden(fault);
        }

        try
        {
            return await next(context);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            return Results.Empty;
        }
        catch (Exception exception)
        {
            logger.RequestFailed(exception, http.Request.Method, http.Request.Path);
            return Answer.ServerError();
        }
    }

    // Here and not in each endpoint, so that none can forget it: what changes something needs a token that may.
    private static string? FindScopeFault(HttpContext http, TokenScope scope)
    {
        if (scope.IsFull || HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method))
        {
            return null;
        }

        if (scope.IsReadOnly)
        {
            return "This API token is read-only; use one that may change things.";
        }

        return http.Request.RouteValues.ContainsKey("projectId")
            ? null
            : "This API token is for one project only; use one for the whole account.";
    }
}
