using Microsoft.AspNetCore.Authorization;
using Postern.Directory.Sessions;

namespace Postern.Login.Sessions;

/// <summary>
/// Keeps API tokens that may do less than their account away from what changes the account. It is part of the policy behind
/// every endpoint of this room, so that none can forget it.
/// </summary>
internal static class ScopedTokens
{
    /// <summary>Marks an endpoint that such a token may post to, because what it gets there is limited in the same way.</summary>
    public static object MayPost { get; } = new Permission();

    /// <summary>Whether the caller may use the endpoint.</summary>
    public static bool MayUse(AuthorizationHandlerContext authorization) =>
        !authorization.User.HasClaim(claim => claim.Type is TokenClaim.Project or TokenClaim.ReadOnly)
        || (authorization.Resource is HttpContext http
            && (HttpMethods.IsGet(http.Request.Method)
                || HttpMethods.IsHead(http.Request.Method)
                || http.GetEndpoint()?.Metadata.GetMetadata<Permission>() is not null));

    private sealed class Permission;
}
