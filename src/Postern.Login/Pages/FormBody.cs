using Microsoft.AspNetCore.Http.Features;

namespace Postern.Login.Pages;

/// <summary>
/// Receives a form whole, before anybody asks who sent it: a body that is held back must not act minutes later for a session
/// that has ended meanwhile.
/// </summary>
internal static class FormBody
{
    /// <summary>The form, the same each time; null when there is none, or none within the limits.</summary>
    public static async Task<IFormCollection?> ReceiveAsync(HttpContext context)
    {
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            return null;
        }

        if (context.Features.Get<IFormFeature>() is not Bounded)
        {
            if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            {
                limit.MaxRequestBodySize = LoginLimits.BodyBytes;
            }

            context.Features.Set<IFormFeature>(new Bounded(context.Request));
        }

        try
        {
            return context.Request.HasFormContentType ? await context.Request.ReadFormAsync(context.RequestAborted) : null;
        }
        catch (Exception e) when (e is InvalidDataException or BadHttpRequestException)
        {
            return null; // Not a form of ours.
        }
    }

    private sealed class Bounded(HttpRequest request) : FormFeature(request, new FormOptions
    {
        ValueCountLimit = LoginLimits.FormFields,
        ValueLengthLimit = LoginLimits.BodyBytes,
        BufferBodyLengthLimit = LoginLimits.BodyBytes,
        MultipartBodyLengthLimit = LoginLimits.BodyBytes,
    });
}
