using Postern.Directory.SingleSignOn;

namespace Postern.Directory.Rules;

/// <summary>What a caller is told whose sign-in lacks something; the API and Login say the same.</summary>
public static class StepUpText
{
    // People look this text up in the documentation.
    private const string TokenRequiresMfa =
        "Multifactor authentication (MFA) is required. The API token may need to be re-created after enabling MFA.";

    /// <summary>One sentence or two, without quotation marks and commas, since it also stands in a header.</summary>
    /// <param name="missing">The methods that are missing.</param>
    /// <param name="isToken">Whether it was an API token, whose owner cannot sign in better with it.</param>
    public static string Of(IReadOnlyList<string> missing, bool isToken) => missing.Any(method => SsoMethod.ProviderOf(method) is not null)
        ? isToken
            ? "Single sign-on (SSO) is required. Use an API token of a machine user: tokens of people do not sign in at a provider."
            : "Your organization requires single sign-on (SSO)."
        : isToken ? TokenRequiresMfa : "This organization requires multi-factor authentication.";
}
