using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Claims;
using Postern.Directory.Rules;
using Postern.Directory.Sessions;

namespace Postern.Api;

/// <summary>Who asks, as the access token says.</summary>
/// <param name="UserId">The account.</param>
/// <param name="Proof">What the sign-in proved.</param>
/// <param name="AuthTime">When the person proved who they are.</param>
/// <param name="Token">The scope of the API token that it comes from, or null when a person signed in.</param>
internal readonly record struct Caller(Guid UserId, SignInProof Proof, DateTimeOffset AuthTime, TokenScope? Token)
{
    /// <summary>True when the sign-in had a second factor.</summary>
    public bool HasMfa => Proof.HasMfa;

    /// <summary>How much of the account's rights the caller has.</summary>
    public TokenScope Scope => Token ?? TokenScope.Full;

    /// <summary>Reads the claims of the Bearer scheme; false when the subject is no account id.</summary>
    public static bool TryRead(ClaimsPrincipal principal, [NotNullWhen(true)] out Caller? caller)
    {
        caller = Guid.TryParse(principal.FindFirstValue("sub"), out var id)
            ? new Caller(id, SignInProof.Of([.. principal.FindAll("amr").Select(claim => claim.Value)]), ReadAuthTime(principal), ReadToken(principal))
            : null;
        return caller is not null;
    }

    /// <summary>The caller of a request that passed authorization.</summary>
    public static Caller Of(HttpContext context) =>
        TryRead(context.User, out var caller)
            ? caller.Value
            : throw new InvalidOperationException("the Bearer scheme let in a principal without a 'sub' claim that is an account id");

    // Without the claim the sign-in is as old as can be.
    private static DateTimeOffset ReadAuthTime(ClaimsPrincipal principal) =>
        long.TryParse(principal.FindFirstValue("auth_time"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : DateTimeOffset.UnixEpoch;

    private static TokenScope? ReadToken(ClaimsPrincipal principal) =>
        principal.HasClaim(claim => claim.Type == TokenClaim.Id)
            ? new TokenScope(principal.FindFirstValue(TokenClaim.Project), principal.HasClaim(claim => claim.Type == TokenClaim.ReadOnly))
            : null;
}
