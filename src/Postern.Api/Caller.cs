using System.Diagnostics.CodeAnalysis;
using System.Security.Claims;

namespace Postern.Api;

/// <summary>Who asks, as the access token says.</summary>
/// <param name="UserId">The account.</param>
/// <param name="HasMfa">True when the sign-in had a second factor.</param>
internal readonly record struct Caller(Guid UserId, bool HasMfa)
{
    /// <summary>Reads the claims of the Bearer scheme; false when the subject is no account id.</summary>
    public static bool TryRead(ClaimsPrincipal principal, [NotNullWhen(true)] out Caller? caller)
    {
        caller = Guid.TryParse(principal.FindFirstValue("sub"), out var id)
            ? new Caller(id, principal.HasClaim("amr", "mfa"))
            : null;
        return caller is not null;
    }

    /// <summary>The caller of a request that passed authorization.</summary>
    public static Caller Of(HttpContext context) =>
        TryRead(context.User, out var caller)
            ? caller.Value
            : throw new InvalidOperationException("the Bearer scheme let in a principal without a 'sub' claim that is an account id");
}
