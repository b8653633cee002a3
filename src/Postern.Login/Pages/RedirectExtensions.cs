namespace Postern.Login.Pages;

/// <summary>Redirects as a form's answer.</summary>
internal static class RedirectExtensions
{
    /// <summary>Sends the browser on with GET, whatever it came with (RFC 9110 section 15.4.4; RFC 9700 section 4.12 wants no 307).</summary>
    public static void SeeOther(this HttpContext context, string location)
    {
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = location;
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
    }
}
