using Postern.Login.Sessions;

namespace Postern.Login.Pages.Factors;

/// <summary>Where a person is led whose session lacks the second factor that a client asks for.</summary>
internal static class StepUpLink
{
    /// <summary>To the factor that they have, or to setting one up; both come back to an address of ours.</summary>
    public static string To(LiveSession live, string returnUrl) => live.User.TwoFactorEnabled
        ? ConfirmEndpoint.Link(returnUrl)
        : SignInLink.WithReturnUrl(LoginPaths.SetUpFactor, returnUrl);
}
