using Postern.Directory.Rules;
using Postern.Directory.SingleSignOn;
using Postern.Login.Factors;
using Postern.Login.Sessions;
using Postern.Login.SingleSignOn;

namespace Postern.Login.Pages.Factors;

/// <summary>Where a person is led whose session lacks what a client asks for.</summary>
internal static class StepUpLink
{
    /// <summary>The methods that a session lacks.</summary>
    public static IReadOnlyList<string> FindMissing(IReadOnlyList<string> required, LiveSession live)
    {
        var proof = SignInProof.Of(live.Session.Amr);
        return
        [
            .. required.Where(method => method == SsoMethod.Any ? proof.Providers.Count == 0
                : SsoMethod.ProviderOf(method) is { } provider ? !proof.IsBy(provider)
                : method == AuthenticationMethods.MultiFactor && !proof.HasMfa),
        ];
    }

    /// <summary>
    /// To the provider that is asked for; then to the second factor that they have, or to setting one up. All come back to an address of
    /// ours. Null when nothing is missing.
    /// </summary>
    public static string? Find(IReadOnlyList<string> required, LiveSession live, string returnUrl)
    {
        var missing = FindMissing(required, live);
        if (missing.Select(SsoMethod.ProviderOf).OfType<string>().OrderBy(name => name == "*").FirstOrDefault() is { } provider)
        {
            return SsoLink.To(provider, returnUrl);
        }

        return missing.Count == 0 ? null
            : live.User.TwoFactorEnabled ? ConfirmEndpoint.Link(returnUrl)
            : SignInLink.WithReturnUrl(LoginPaths.SetUpFactor, returnUrl);
    }

    /// <summary>To signing in, for nobody or for somebody who shall do it again: at once to the provider that is asked for or that they came from.</summary>
    public static string ToSignIn(IReadOnlyList<string> required, LiveSession? live, string returnUrl)
    {
        var provider = required.Select(SsoMethod.ProviderOf).FirstOrDefault(name => name is not (null or "*"));
        return provider is null ? SignInLink.BackTo(returnUrl) : SsoLink.To(provider, returnUrl, isAgain: live is not null);
    }
}
