using System.Data.Common;
using Postern.Login.Pages;

namespace Postern.Login;

/// <summary>
/// The last line of defence: a request that meets a fault of ours gets a page or a problem document and the log one line,
/// whatever the endpoint had begun to answer. So does an address at which nothing is, for browsers. Requests whose client has gone, and bodies that the server itself refuses, are no
/// faults.
/// </summary>
public static class FaultAnswers
{
    /// <summary>What PostgreSQL says of text that holds U+0000 (its error 22021 or, in JSON, 22P05).</summary>
    private static readonly string[] NoText = ["22021", "22P05"];

    /// <summary>Answers for everything behind it; belongs in front of routing.</summary>
    public static IApplicationBuilder UseFaultAnswers(this IApplicationBuilder app)
    {
        var log = app.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(FaultAnswers));
        var pages = app.ApplicationServices.GetRequiredService<PageWriter>();
        return app.Use(async (context, next) =>
        {
            try
            {
                await next(context);
                await AnswerUnknownAsync(context, pages);
            }
            catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
            {
                // Nobody is there to hear.
            }
            catch (Exception exception) when (!context.Response.HasStarted)
            {
                await AnswerAsync(context, exception, pages, log);
            }
        });
    }

    /// <summary>An address that nothing answers, or not this way, gets people a page; programs have their answer, or the bare status.</summary>
    private static Task AnswerUnknownAsync(HttpContext context, PageWriter pages)
    {
        var isBare = context.Response is { HasStarted: false, ContentType: null, ContentLength: null or 0 };
        var isUnknown = context.Response.StatusCode is StatusCodes.Status404NotFound or StatusCodes.Status405MethodNotAllowed;
        return isBare && isUnknown && IsBrowser(context)
            ? pages.WriteErrorAsync(
                context, context.Response.StatusCode, "There is no such page", "Nothing is at this address.", "Check the address, or begin at the start page.")
            : Task.CompletedTask;
    }

    private static bool IsBrowser(HttpContext context) =>
        context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);

    private static async Task AnswerAsync(HttpContext context, Exception exception, PageWriter pages, ILogger log)
    {
        var status = StatusOf(exception);
        if (status >= StatusCodes.Status500InternalServerError)
        {
            // The route and not the path, which is a stranger's text.
            log.RequestFailed(context.TraceIdentifier, context.GetEndpoint()?.DisplayName ?? "no route", exception);
        }

        context.Response.Clear();
        try
        {
            await WriteAsync(context, status, pages);
        }
        catch (Exception e) when (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            // Pages need the database for their tokens, which may be the very trouble.
            log.FaultAnswerFailed(context.TraceIdentifier, e);
            context.Response.Clear();
            await WriteProblemAsync(context, status);
        }
    }

    private static int StatusOf(Exception exception)
    {
        if (exception is BadHttpRequestException bad)
        {
            return bad.StatusCode;
        }

        for (var e = exception; e is not null; e = e.InnerException)
        {
            if (e is DbException { SqlState: { } state } && NoText.Contains(state))
            {
                return StatusCodes.Status400BadRequest;
            }
        }

        return StatusCodes.Status500InternalServerError;
    }

    private static Task WriteAsync(HttpContext context, int status, PageWriter pages)
    {
        if (!IsBrowser(context))
        {
            return WriteProblemAsync(context, status);
        }

        return status < StatusCodes.Status500InternalServerError
            ? pages.WriteErrorAsync(
                context, status, "This request cannot be read", "It is malformed, too large or came too slowly.", "Go back, reload the page and try again.")
            : pages.WriteErrorAsync(
                context,
                status,
                "Something went wrong here",
                "The fault is ours, and it is in the server's log.",
                $"Try again in a moment. If it stays, tell your administrator this number: {context.TraceIdentifier}.");
    }

    private static Task WriteProblemAsync(HttpContext context, int status) => status < StatusCodes.Status500InternalServerError
        ? Problem.WriteAsync(context, status, "Bad request", "The request is malformed, too large or came too slowly.")
        : Problem.WriteAsync(
            context, status, "Internal server error", $"The fault is ours, and it is in the server's log as {context.TraceIdentifier}.");
}
