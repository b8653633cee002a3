using Microsoft.AspNetCore.WebUtilities;
using Postern.Login.Pages;

namespace Postern.Login.SingleSignOn;

/// <summary>Links that send a person to a provider.</summary>
internal static class SsoLink
{
    /// <summary>To a provider, or to the person's own for <c>*</c>; comes back to an address of ours.</summary>
    /// <param name="provider">The provider's name.</param>
    /// <param name="returnUrl">The address of ours.</param>
    /// <param name="isAgain">Whether the provider is to ask the person anew.</param>
    /// <param name="email">The address that the person typed, so that they do not type it twice; or null.</param>
    public static string To(string provider, string returnUrl, bool isAgain = false, string? email = null)
    {
        var path = provider == "*" ? LoginPaths.Sso : $"{LoginPaths.Sso}/{provider}";
        var query = new Dictionary<string, string?> { [FormFields.ReturnUrl] = returnUrl };
        if (isAgain)
        {
            query[FormFields.Again] = "1";
        }

        if (email is not null)
        {
            query[FormFields.Email] = email;
        }

        return QueryHelpers.AddQueryString(path, query);
    }
}
