using System.Globalization;
using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Authentication;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.People;
using Postern.Directory.Storage;
using Postern.Login.SingleSignOn;

namespace Postern.Login.Factors;

/// <summary>
/// Remembers, in a cookie of ten minutes, that this browser gave the right password, or came from the person's provider, and still
/// owes the second factor. It is no session and opens nothing; a changed password, reset factors or a disabled account make it worthless.
/// </summary>
internal sealed class PendingSignIn(IDbContextFactory<DirectoryContext> contexts)
{
    /// <summary>The authentication scheme of the cookie.</summary>
    public const string Scheme = "PasswordGiven";

    private const string StampClaim = "stamp";
    private const string AmrClaim = "amr";
    private const string SsoClaim = "sso";

    public static Task BeginAsync(HttpContext context, User user, string amr = AuthenticationMethods.Password, SsoSession? sso = null)
    {
        var identity = new ClaimsIdentity(
            [
                new Claim("sub", user.Id.ToString("D", CultureInfo.InvariantCulture)), new Claim(StampClaim, user.SecurityStamp ?? ""),
                new Claim(AmrClaim, amr),
            ],
            Scheme,
            "sub",
            "");
        if (sso is not null)
        {
            identity.AddClaim(new Claim(SsoClaim, JsonSerializer.Serialize(sso)));
        }

        return context.SignInAsync(Scheme, new ClaimsPrincipal(identity));
    }

    /// <summary>Who proved what so far, or null.</summary>
    public async Task<HalfSignedIn?> FindAsync(HttpContext context)
    {
        var ticket = await context.AuthenticateAsync(Scheme);
        if (!ticket.Succeeded || !Guid.TryParse(ticket.Principal.FindFirstValue("sub"), out var userId))
        {
            return null;
        }

        await using var database = await contexts.CreateDbContextAsync(context.RequestAborted);
        var user = await database.Users.AsNoTracking().FirstOrDefaultAsync(u => u.Id == userId && !u.IsDisabled, context.RequestAborted);
        if (user is null || (user.SecurityStamp ?? "") != ticket.Principal.FindFirstValue(StampClaim))
        {
            return null;
        }

        var sso = ticket.Principal.FindFirstValue(SsoClaim) is { } text ? JsonSerializer.Deserialize<SsoSession>(text) : null;
        return new HalfSignedIn(user, ticket.Principal.FindFirstValue(AmrClaim) ?? AuthenticationMethods.Password, sso);
    }

    public static Task EndAsync(HttpContext context) => context.SignOutAsync(Scheme);
}
