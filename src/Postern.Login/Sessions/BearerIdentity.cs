using System.Security.Claims;
using Postern.Directory.Sessions;
using Postern.Login.Tokens;

namespace Postern.Login.Sessions;

/// <summary>
/// The caller of an API request as a principal: claims <c>sub</c>, <c>sid</c>, <c>jti</c>, <c>client_id</c>, <c>grant</c>,
/// <c>auth_time</c> and one <c>amr</c> for each method, named as in the token; and of an API token, as its row says now,
/// <c>api_token</c> (its id), <c>token_project</c> and <c>token_read_only</c> where they apply.
/// </summary>
internal static class BearerIdentity
{
    public static ClaimsPrincipal Create(AccessTokenClaims claims, LiveSession live, string scheme)
    {
        var identity = new ClaimsIdentity(scheme, "sub", "");
        identity.AddClaim(new("sub", claims.UserId.ToString()));
        identity.AddClaim(new("sid", claims.SessionId.ToString()));
        identity.AddClaim(new("jti", claims.TokenId));
        identity.AddClaim(new("client_id", claims.ClientId));
        identity.AddClaim(new("grant", claims.Grant));
        identity.AddClaim(new("auth_time", claims.AuthTime.ToUnixTimeSeconds().ToString(), ClaimValueTypes.Integer64));
        identity.AddClaims(claims.Amr.Select(method => new Claim("amr", method)));
        if (live.Token is { } token)
        {
            identity.AddClaim(new(TokenClaim.Id, token.Id.ToString()));
            if (token.ProjectId is { } projectId)
            {
                identity.AddClaim(new(TokenClaim.Project, projectId));
            }

            if (token.IsReadOnly)
            {
                identity.AddClaim(new(TokenClaim.ReadOnly, "true"));
            }
        }

        return new ClaimsPrincipal(identity);
    }
}
