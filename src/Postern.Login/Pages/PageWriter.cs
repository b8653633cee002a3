using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Postern.Login.Pages;

/// <summary>Writes our pages and reads their forms. No page loads from elsewhere, is cached or framed,
/// and none runs a script but those that ask for a passkey.</summary>
internal sealed class PageWriter(IAntiforgery antiforgery, LoginOptions options)
{
    /// <summary>Writes a page. <paramref name="formTarget"/> is another origin that its form may lead to.</summary>
    public async Task WriteAsync<TPage>(HttpContext context, int status, PageModel model, string? formTarget = null)
        where TPage : IComponent
    {
        model.FormToken = antiforgery.GetAndStoreTokens(context).RequestToken!;
        model.Deployment = options.DeploymentName;
        SetHeaders(context.Response.Headers, model.HasScript, formTarget);
        await new RazorComponentResult<TPage>(new Dictionary<string, object?>(StringComparer.Ordinal) { ["Model"] = model })
        {
            StatusCode = status,
            PreventStreamingRendering = true,
        }.ExecuteAsync(context);
    }

    /// <summary>Writes a page that says what went wrong and what to do; <paramref name="action"/> is a button that does it, and where it leads.</summary>
    public Task WriteErrorAsync(
        HttpContext context, int status, string title, string text, string advice, (string Text, string Link)? action = null) =>
        WriteAsync<ErrorPage>(context, status, new ErrorModel
        {
            Title = title,
            Text = text,
            Advice = advice,
            Action = action?.Text,
            ActionLink = action?.Link,
        });

    /// <summary>The fields of a form of ours; null when it was not, and then the answer is written.</summary>
    public async Task<IFormCollection?> ReadFormAsync(HttpContext context)
    {
        if (await FormBody.ReceiveAsync(context) is { } form && await antiforgery.IsRequestValidAsync(context))
        {
            return form;
        }

        await WriteErrorAsync(
            context,
            StatusCodes.Status400BadRequest,
            "This page is out of date",
            "The form was filled in too long ago, in another browser, or for another account.",
            "Go back, reload the page and try again. Cookies must be allowed for this site.");
        return null;
    }

    private static void SetHeaders(IHeaderDictionary headers, bool hasScript, string? formTarget)
    {
        headers.ContentSecurityPolicy =
            "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
            + (formTarget is null ? "" : " " + formTarget)
            + (hasScript ? "; script-src 'self'" : "");
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY"; // For browsers that do not know frame-ancestors.
        headers.CacheControl = "no-store";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()";
    }
}
