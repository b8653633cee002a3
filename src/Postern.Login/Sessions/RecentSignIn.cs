using Postern.Directory.Sessions;
using Postern.Login.Tokens;

namespace Postern.Login.Sessions;

/// <summary>
/// For API calls that make what outlives a session, or give rights to somebody: the sign-in behind the access token must be
/// recent, and have had the second factor of an account that has one (RFC 9470). An API token cannot sign in again.
/// </summary>
internal sealed class RecentSignIn(SessionStore sessions, TimeProvider clock)
{
    /// <summary>Whether it is; when not, the answer is written.</summary>
    public async Task<bool> RequireAsync(HttpContext context)
    {
        if (context.User.HasClaim(claim => claim.Type == TokenClaim.Id))
        {
            return true;
        }

        var claims = context.Features.Get<AccessTokenClaims>()!;
        var hasFactor = (await sessions.FindLiveAsync(claims.SessionId, context.RequestAborted))?.User.TwoFactorEnabled != false;
        if (clock.GetUtcNow() - claims.AuthTime <= LoginLimits.RecentSignIn && (claims.HasMfa || !hasFactor))
        {
            return true;
        }

        await Problem.WriteSignInAgainAsync(context, LoginLimits.RecentSignIn, hasFactor);
        return false;
    }
}
