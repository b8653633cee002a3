namespace Postern.Api.Answers;

/// <summary>Around every endpoint: nothing is kept in caches, and a fault of ours becomes one answer and one log line.</summary>
internal sealed class AnswerFilter(ILogger<AnswerFilter> logger) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers.XContentTypeOptions = "nosniff";
        if (!Caller.TryRead(http.User, out _))
        {
            return Answer.Problem(StatusCodes.Status401Unauthorized, "Unauthorized", "The access token names no account; log in again.");
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
}
