namespace Postern.Login.Pages;

/// <summary>
/// Keeps the secret of a mailed link in a cookie of the browser that opened it, so that it leaves the address bar at once and
/// is in no history, no bookmark and no address of a later page.
/// </summary>
internal sealed class LinkCookie(LoginOptions options)
{
    /// <summary>How long the browser keeps it: as long as it takes to fill in a form, twice.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(30);

    /// <summary>If the request's address holds a secret, keeps it and sends the browser to the address without it; true then.</summary>
    public bool TakeFromAddress(HttpContext context, string path)
    {
        if (!context.Request.Query.TryGetValue(Mail.MailLinks.TokenField, out var values))
        {
            return false;
        }

        var token = values.ToString();
        if (token.Length <= LoginLimits.Parameter && !token.Any(c => char.IsControl(c) || c is ';' or ','))
        {
            context.Response.Cookies.Append(NameOf(path), token, Options(Lifetime));
        }

        context.SeeOther(path);
        return true;
    }

    /// <summary>The secret that was kept for a page, or null.</summary>
    public string? Read(HttpContext context, string path) => context.Request.Cookies[NameOf(path)];

    /// <summary>Forgets it.</summary>
    public void Forget(HttpContext context, string path) => context.Response.Cookies.Delete(NameOf(path), Options(null));

    private string NameOf(string path) => (options.IsHttps ? "__Host-" : "") + "postern" + path.Replace('/', '-');

    private CookieOptions Options(TimeSpan? lifetime) => new()
    {
        Path = "/",
        HttpOnly = true,
        Secure = options.IsHttps,
        SameSite = SameSiteMode.Lax,
        IsEssential = true,
        MaxAge = lifetime,
    };
}
