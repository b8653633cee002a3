using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.People;
using Postern.Directory.Storage;

namespace Postern.Login.Factors;

/// <summary>
/// Remembers, in a cookie of ten minutes, that this browser gave the right password and still owes the second factor. It is
/// no session and opens nothing; a changed password, reset factors or a disabled account make it worthless.
/// </summary>
internal sealed class PendingSignIn(IDbContextFactory<DirectoryContext> contexts)
{
    /// <summary>The authentication scheme of the cookie.</summary>
    public const string Scheme = "PasswordGiven";

    private const string StampClaim = "stamp";

    public static Task BeginAsync(HttpContext context, User user)
    {
        var identity = new ClaimsIdentity(
            [new Claim("sub", user.Id.ToString("D", CultureInfo.InvariantCulture)), new Claim(StampClaim, user.SecurityStamp ?? "")], Scheme, "sub", "");
        return context.SignInAsync(Scheme, new ClaimsPrincipal(identity));
    }

    /// <summary>Whose password was given, or null.</summary>
    public async Task<User?> FindAsync(HttpContext context)
    {
        var ticket = await context.AuthenticateAsync(Scheme);
        if (!ticket.Succeeded || !Guid.TryParse(ticket.Principal.FindFirstValue("sub"), out var userId))
        {
            return null;
        }

        await using var database = await contexts.CreateDbContextAsync(context.RequestAborted);
        var user = await database.Users.AsNoTracking().FirstOrDefaultAsync(u => u.Id == userId && !u.IsDisabled, context.RequestAborted);
        return user is not null && (user.SecurityStamp ?? "") == ticket.Principal.FindFirstValue(StampClaim) ? user : null;
    }

    public static Task EndAsync(HttpContext context) => context.SignOutAsync(Scheme);
}
