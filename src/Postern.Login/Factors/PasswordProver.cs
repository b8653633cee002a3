using Postern.Directory.People;
using Postern.Login.Accounts;
using Postern.Login.Pages;

namespace Postern.Login.Factors;

/// <summary>
/// Takes the present password of somebody who is signed in. It is counted like a sign-in: somebody at an unlocked screen does
/// not get to guess more often.
/// </summary>
internal sealed class PasswordProver(PasswordSignIn passwords)
{
    /// <summary>Checks it; <paramref name="name"/> is what the form calls it.</summary>
    public async Task<FactorProof> ProveAsync(HttpContext context, User user, string? password, string name = "password")
    {
        var outcome = await passwords.AttemptAsync(context, user.Email ?? "", password ?? "");
        return outcome.Refusal switch
        {
            null => FactorProof.Of(AuthenticationMethods.Password),
            SignInRefusal.TooManyAttempts => FactorProof.Refused($"Too many attempts. Try again in {Wording.Wait(outcome.RetryAfter)}.", outcome.RetryAfter),
            SignInRefusal.SsoRequired => FactorProof.Refused(Wording.NoPasswordBySso),
            _ => FactorProof.Refused($"The {name} is not right."),
        };
    }
}
