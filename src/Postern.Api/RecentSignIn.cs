using Microsoft.EntityFrameworkCore;
using Postern.Api.Answers;
using Postern.Directory.Storage;

namespace Postern.Api;

/// <summary>
/// For calls that make what outlives a session, or give rights to somebody: the sign-in behind the access token must be recent,
/// and have had the second factor of an account that has one. Clients sign the person in again and repeat the call (RFC 9470).
/// An API token cannot sign in again; it was made by somebody who had just proved who they are, and has what it was given.
/// </summary>
internal static class RecentSignIn
{
    /// <summary>How old the sign-in may be; existing clients know this many seconds.</summary>
    public static readonly TimeSpan MaximumAge = TimeSpan.FromSeconds(900);

    /// <summary>Asks for it before an endpoint.</summary>
    public static TBuilder RequireRecentSignIn<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.AddEndpointFilter(async (invocation, next) =>
            await RefuseAsync(invocation.HttpContext) is { } refusal ? refusal : await next(invocation));

    private static async Task<IResult?> RefuseAsync(HttpContext http)
    {
        var caller = Caller.Of(http);
        if (caller.Token is not null)
        {
            return null;
        }

        await using var context = await http.RequestServices.GetRequiredService<IDbContextFactory<DirectoryContext>>()
            .CreateDbContextAsync(http.RequestAborted);
        var hasFactor = await context.Users.AnyAsync(u => u.Id == caller.UserId && u.TwoFactorEnabled, http.RequestAborted);
        var age = http.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow() - caller.AuthTime;
        return age > MaximumAge || (hasFactor && !caller.HasMfa) ? Answer.SignInAgain(MaximumAge, hasFactor) : null;
    }
}
