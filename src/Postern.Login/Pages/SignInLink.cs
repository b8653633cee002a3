using System.Globalization;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.WebUtilities;

namespace Postern.Login.Pages;

/// <summary>Links to the sign-in page, and the rule for where it may lead afterwards.</summary>
internal static class SignInLink
{
    /// <summary>The prompts that the sign-in page fulfils: asked again afterwards they would lead back to it for ever.</summary>
    private static readonly string[] FulfilledPrompts = ["login", AccountChoice];

    private const string AccountChoice = "select_account";

    /// <summary>Says in the address that a form has to be sent once more, for a proof came between.</summary>
    public const string AgainMark = "again";

    /// <summary>A link that comes back to the present page.</summary>
    public static string To(HttpContext context, bool withoutPrompts = false, bool switchAccount = false) =>
        BackTo(Here(context, withoutPrompts), switchAccount);

    /// <summary>The present page.</summary>
    public static string Here(HttpContext context, bool withoutPrompts = false) =>
        context.Request.Path + (withoutPrompts ? WithoutPrompts(context.Request.Query, FulfilledPrompts, AtLeastRecent) : context.Request.QueryString.Value);

    /// <summary>The present page, for who has chosen their account on it: everything else is still asked for as before.</summary>
    public static string HereWithoutChoice(HttpContext context) =>
        context.Request.Path + WithoutPrompts(context.Request.Query, [AccountChoice], static maxAge => maxAge);

    /// <summary>A link that comes back to this address of ours.</summary>
    public static string BackTo(string returnUrl, bool switchAccount = false)
    {
        var link = QueryHelpers.AddQueryString(LoginPaths.SignIn, FormFields.ReturnUrl, returnUrl);
        return switchAccount ? QueryHelpers.AddQueryString(link, FormFields.SwitchAccount, "1") : link;
    }

    /// <summary>
    /// Where to go after signing in: the authorization endpoint with its query, the device page, or a page of the account.
    /// Anything else, and so anything outside this server, becomes the account page.
    /// </summary>
    public static string SafeReturnUrl(string? returnUrl) =>
        returnUrl is { Length: <= LoginLimits.Token }
        && (returnUrl.StartsWith(LoginPaths.Authorize + "?", StringComparison.Ordinal)
            || returnUrl.StartsWith(LoginPaths.Device + "?", StringComparison.Ordinal)
            || returnUrl == LoginPaths.Device)
        && returnUrl.All(c => c is > ' ' and <= '~') // A header takes nothing else.
            ? returnUrl
            : AccountPage(returnUrl);

    // Back to the page that asked for the sign-in: a plain path below the account's, so that it can lead nowhere else. It may
    // itself go on to another address of ours.
    private static string AccountPage(string? returnUrl)
    {
        if (returnUrl is not { Length: <= LoginLimits.Token } || !returnUrl.StartsWith(LoginPaths.Account + "/", StringComparison.Ordinal))
        {
            return returnUrl is LoginPaths.Invitation or LoginPaths.VerifyEmail ? returnUrl : LoginPaths.Account;
        }

        var query = returnUrl.IndexOf('?', StringComparison.Ordinal);
        var path = query < 0 ? returnUrl : returnUrl[..query];
        if (!path.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '-' or '_'))
        {
            return LoginPaths.Account;
        }

        if (query < 0)
        {
            return path;
        }

        var fields = QueryHelpers.ParseQuery(returnUrl[query..]);
        if (fields.Count == 1 && fields.TryGetValue(AgainMark, out var again) && again == "1")
        {
            return QueryHelpers.AddQueryString(path, AgainMark, "1");
        }

        return fields.Count == 1 && fields.TryGetValue(FormFields.ReturnUrl, out var onward)
            && !onward.ToString().StartsWith(LoginPaths.Account, StringComparison.Ordinal) // One step onward, not a chain of them.
            ? WithReturnUrl(path, SafeReturnUrl(onward))
            : LoginPaths.Account;
    }

    /// <summary>A page of ours that goes on to another one.</summary>
    public static string WithReturnUrl(string path, string? returnUrl) =>
        returnUrl is null ? path : QueryHelpers.AddQueryString(path, FormFields.ReturnUrl, returnUrl);

    private static string WithoutPrompts(IQueryCollection query, string[] prompts, Func<string, string> maxAge)
    {
        var kept = new QueryBuilder();
        foreach (var (name, values) in query)
        {
            foreach (var value in values)
            {
                kept.Add(name, name switch
                {
                    "prompt" => string.Join(' ', (value ?? "").Split(' ').Except(prompts, StringComparer.Ordinal)),
                    "max_age" => maxAge(value ?? ""),
                    _ => value ?? "",
                });
            }
        }

        return kept.ToString();
    }

    // A max_age of moments would lead back to the sign-in for ever: reading the page that follows takes longer.
    private static string AtLeastRecent(string maxAge) =>
        long.TryParse(maxAge, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds < LoginLimits.RecentProof.TotalSeconds
            ? LoginLimits.RecentProof.TotalSeconds.ToString(CultureInfo.InvariantCulture)
            : maxAge;
}
