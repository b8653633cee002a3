using System.Globalization;
using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Postern.Directory.People;
using Postern.Login.Accounts;

namespace Postern.Login.Sessions;

/// <summary>
/// Remembers in a sealed cookie which accounts a browser signed in to. It opens nothing: wrong passwords and codes of such a
/// browser are counted by themselves, so that strangers who guess at an account cannot lock its person out of it.
/// </summary>
internal sealed class KnownBrowsers(IDataProtectionProvider protection, LoginOptions options, TimeProvider clock)
{
    private const string Purpose = "known browser";
    private const char Between = ' ';

    private readonly IDataProtector _protector = protection.CreateProtector(Purpose);

    private string CookieName => (options.IsHttps ? "__Host-" : "") + "postern-known";

    /// <summary>Where a request's attempts are counted.</summary>
    public AttemptSource SourceOf(HttpContext context) => new(
        RequestOrigin.Of(context), RequestOrigin.CountedAddress(context), RequestOrigin.CountedNetwork(context), Read(context));

    /// <summary>What the browser of this request signed in to before.</summary>
    public KnownBrowser Read(HttpContext context)
    {
        var opened = Open(context.Request.Cookies[CookieName]);
        var hasSession = Guid.TryParse(context.User.FindFirstValue("sid"), out var sessionId);
        return new KnownBrowser(
            opened?.Id,
            opened?.Accounts ?? [],
            hasSession ? sessionId : null,
            hasSession && Guid.TryParse(context.User.FindFirstValue("sub"), out var userId) ? userId : null);
    }

    /// <summary>The count of this browser for codes of an account's second factors; empty for a stranger.</summary>
    public string CountFor(HttpContext context, User user) => Read(context).CountFor(user) ?? "";

    /// <summary>Notes that the person of this account is at this browser, having proved all that signing in asks for.</summary>
    public void Remember(HttpContext context, User user)
    {
        var (id, accounts) = Open(context.Request.Cookies[CookieName])
            ?? (Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)), []);
        IEnumerable<(Guid UserId, string Mark)> kept = accounts.Where(a => a.UserId != user.Id).Take(LoginLimits.AccountsOfABrowser - 1);
        var until = clock.GetUtcNow() + LoginLimits.KnownBrowser;
        var text = string.Join(
            Between,
            [
                until.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
                id,
                .. new[] { (UserId: user.Id, Mark: KnownBrowser.MarkOf(user)) }.Concat(kept).Select(a => $"{a.UserId:N}={a.Mark}"),
            ]);
        context.Response.Cookies.Append(CookieName, _protector.Protect(text), new CookieOptions
        {
            Path = "/",
            HttpOnly = true,
            Secure = options.IsHttps,
            SameSite = SameSiteMode.Lax,
            IsEssential = true,
            MaxAge = LoginLimits.KnownBrowser,
        });
    }

    private (string Id, IReadOnlyList<(Guid UserId, string Mark)> Accounts)? Open(string? cookie)
    {
        if (string.IsNullOrEmpty(cookie) || cookie.Length > LoginLimits.KnownBrowserCookie)
        {
            return null;
        }

        string[] parts;
        try
        {
            parts = _protector.Unprotect(cookie).Split(Between);
        }
        catch (CryptographicException)
        {
            return null; // Somebody else's, or of before the master key was changed.
        }

        if (DateTimeOffset.FromUnixTimeSeconds(long.Parse(parts[0], CultureInfo.InvariantCulture)) <= clock.GetUtcNow())
        {
            return null;
        }

        return (parts[1], [.. parts.Skip(2).Select(part => (Guid.ParseExact(part.AsSpan(0, 32), "N"), part[33..]))]);
    }
}
