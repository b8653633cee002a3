using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;
using Postern.Directory.People;
using Postern.Directory.SingleSignOn;
using Postern.Login.Accounts;
using Postern.Login.Factors;
using Postern.Login.OAuth;
using Postern.Login.Pages;
using Postern.Login.Sessions;

namespace Postern.Login.SingleSignOn;

/// <summary>
/// <c>/login/sso/{provider}</c> sends a person to a provider (OpenID Connect Core section 3.1.2.1); <c>.../callback</c> takes the answer.
/// Each provider has an address of its own for answers, so that no provider can hand in another's (RFC 9700 section 4.4.2).
/// </summary>
internal sealed class SsoEndpoint(
    IdentityProviders providers,
    ProviderDocuments documents,
    ProviderTokens tokens,
    SsoAttempts attempts,
    SsoAccounts accounts,
    SsoLogins logins,
    BrowserSessions browsers,
    RefusedSignIns refused,
    PageWriter pages,
    LoginOptions options,
    TimeProvider clock,
    ILogger<SsoEndpoint> log)
{
    /// <summary>Google gives refresh tokens for a parameter instead of a scope, does not know the prompt login, and says the time only when asked for the claim.</summary>
    private const string Google = "https://accounts.google.com";

    private readonly AttemptLimiter _addresses = new(options.AttemptWindow, options.AttemptWindow, clock);

    public async Task BeginAsync(HttpContext context, string name)
    {
        var returnUrl = SignInLink.SafeReturnUrl(context.Request.Query[FormFields.ReturnUrl]);
        if (_addresses.Count(RequestOrigin.CountedAddress(context), SsoLimits.AttemptsPerAddress) is { } wait)
        {
            context.RetryAfter(wait);
            await FailAsync(context, StatusCodes.Status429TooManyRequests, name, $"Too many attempts. Try again in {Wording.Wait(wait)}.", returnUrl);
            return;
        }

        if (await providers.FindAsync(name, context.RequestAborted) is not { } provider)
        {
            await pages.WriteErrorAsync(
                context, StatusCodes.Status404NotFound, "There is no such provider", "It may have been removed.", "Sign in in another way.",
                ("Sign in", LoginPaths.SignIn));
            return;
        }

        try
        {
            var metadata = await documents.GetMetadataAsync(provider.Issuer, context.RequestAborted);
            var isAgain = context.Request.Query.ContainsKey(FormFields.Again);
            var attempt = attempts.Begin(context, provider.Name, returnUrl, isAgain);
            var link = LinkTo(provider, metadata, attempt, context.Request.Query[FormFields.Email]);

            // A page in between, since browsers hold the policy's form-action also against the redirects that answer a form, and the
            // form that led here is on a page that names no provider.
            context.Response.Headers["Refresh"] = "0; url=" + link;
            await pages.WriteAsync<SsoLeavePage>(context, StatusCodes.Status200OK, new SsoLeaveModel { Provider = provider.Label, Link = link });
        }
        catch (ProviderException exception)
        {
            log.ProviderFailed(provider.Name, exception.Message, exception.InnerException);
            await FailAsync(context, StatusCodes.Status502BadGateway, provider, "The provider does not answer as it should. Try again in a moment.", returnUrl);
        }
    }

    /// <summary>Sends who is signed in to the provider of their own address.</summary>
    public async Task BeginAtOwnAsync(HttpContext context)
    {
        var returnUrl = SignInLink.SafeReturnUrl(context.Request.Query[FormFields.ReturnUrl]);
        if (await browsers.FindAsync(context) is not { } live)
        {
            context.SeeOther(SignInLink.BackTo(returnUrl));
        }
        else if (await providers.FindByEmailAsync(live.User.Email ?? "", context.RequestAborted) is { } provider)
        {
            context.SeeOther(SsoLink.To(provider.Name, returnUrl, email: live.User.Email));
        }
        else
        {
            await pages.WriteErrorAsync(
                context, StatusCodes.Status422UnprocessableEntity, "No single sign-on for you", $"No provider is set up for {live.User.Email}.",
                "Ask an administrator of your organization, or sign in with another account.");
        }
    }

    public async Task FinishAsync(HttpContext context, string name)
    {
        var query = context.Request.Query;
        if (await attempts.TakeAsync(context, name, One(query["state"])) is not { } attempt
            || await providers.FindAsync(name, context.RequestAborted) is not { } provider)
        {
            await pages.WriteErrorAsync(
                context,
                StatusCodes.Status400BadRequest,
                "This sign-in has not begun here",
                "It was begun in another browser or window, too long ago, or it is finished already.",
                "Begin again. Cookies must be allowed for this site.",
                ("Sign in", LoginPaths.SignIn));
            return;
        }

        try
        {
            var metadata = await documents.GetMetadataAsync(provider.Issuer, context.RequestAborted);
            CheckIssuer(metadata, query["iss"]);
            if (One(query["error"]) is { } error)
            {
                log.ProviderFailed(provider.Name, "It answered with an error instead of a code.", null);
                await FailAsync(
                    context, StatusCodes.Status422UnprocessableEntity, provider,
                    error == OAuthErrorCode.AccessDenied ? "It did not let you in, or you stopped there." : "It did not sign you in.", attempt.ReturnUrl);
                return;
            }

            if (One(query["code"]) is not { Length: > 0 and <= SsoLimits.ProviderToken } code)
            {
                throw new ProviderException(ProviderFailure.Invalid, "The provider sent no code.");
            }

            var (token, refreshToken) = await tokens.RedeemAsync(
                provider, code, attempt.Verifier, RedirectUri(provider.Name), attempt.Nonce, context.RequestAborted);
            await ArriveAsync(context, provider, attempt, token, refreshToken);
        }
        catch (ProviderException exception)
        {
            log.ProviderFailed(provider.Name, exception.Message, exception.InnerException);
            await FailAsync(context, StatusCodes.Status502BadGateway, provider, "Its answer was not as it should be.", attempt.ReturnUrl);
        }
    }

    private async Task ArriveAsync(HttpContext context, IdentityProvider provider, SsoAttempt attempt, IdToken token, string? refreshToken)
    {
        var arrival = await accounts.ArriveAsync(provider, token, context.TraceIdentifier, context.RequestAborted);
        if (arrival.User is not { } user)
        {
            await refused.NoteAsync(null, RequestOrigin.Of(context), $"provider {provider.Name}: {arrival.Refusal}", context.RequestAborted);
            await FailAsync(context, StatusCodes.Status403Forbidden, provider, arrival.Refusal!, attempt.ReturnUrl);
        }
        else if (user.IsDisabled)
        {
            await FailAsync(context, StatusCodes.Status403Forbidden, provider, "Your account here is disabled. Ask your administrator to enable it.", attempt.ReturnUrl);
        }
        else if (attempt.IsAgain && IsStale(attempt, token) && !user.TwoFactorEnabled)
        {
            await FailAsync(context, StatusCodes.Status422UnprocessableEntity, provider, "It did not ask you again who you are.", attempt.ReturnUrl);
        }
        else
        {
            await SignInAsync(context, provider, user, attempt, token, refreshToken);
        }
    }

    private async Task SignInAsync(
        HttpContext context, IdentityProvider provider, User user, SsoAttempt attempt, IdToken token, string? refreshToken)
    {
        var now = clock.GetUtcNow();
        var login = await logins.BeginAsync(provider, user.Id, refreshToken, context.RequestAborted);
        var hasMfa = token.HasMfa && provider.IsTrustedForMfa;
        var amr = AuthenticationMethods.Join(provider.Method, hasMfa ? [AuthenticationMethods.MultiFactor] : []);

        // OpenID Connect Core section 3.1.2.1: who is asked for a maximum age must say the time. Without it, or with an old one, nothing
        // shows that the person was asked; then it is for our own factor to show it.
        var isProved = !attempt.IsAgain || (token.AuthTime is not null && !IsStale(attempt, token));
        var authTime = isProved && token.AuthTime is { } at ? (at < now ? at : now) : (DateTimeOffset?)null;
        var session = new SsoSession(login.Id, authTime, login.EndsAt);

        // Like the password, the provider alone opens an account only when it has nothing better.
        if (user.TwoFactorEnabled && !(hasMfa && isProved))
        {
            await PendingSignIn.BeginAsync(context, user, amr, session);
            context.SeeOther(SignInLink.WithReturnUrl(LoginPaths.SecondFactor, attempt.ReturnUrl));
            return;
        }

        await browsers.SignInAsync(context, user, amr, SessionGrant.Sso, session);
        context.SeeOther(isProved || IsForFirstFactor(attempt.ReturnUrl) ? attempt.ReturnUrl : SignInLink.WithReturnUrl(LoginPaths.SetUpFactor, attempt.ReturnUrl));
    }

    /// <summary>Whether the provider says that it did not ask the person again.</summary>
    private static bool IsStale(SsoAttempt attempt, IdToken token) => token.AuthTime < attempt.BeganAt - SsoLimits.ClockSkew;

    // What was to be done there asks for a proof that this person cannot give yet, but for these pages.
    private static bool IsForFirstFactor(string returnUrl) =>
        returnUrl.Split('?')[0] is LoginPaths.SetUpFactor or LoginPaths.Authenticator or LoginPaths.AddPasskey;

    /// <summary>An answer says who gives it (RFC 9207 section 2.4), or comes from a provider that never does.</summary>
    private static void CheckIssuer(ProviderMetadata metadata, Microsoft.Extensions.Primitives.StringValues given)
    {
        if (given.Count > 0 ? One(given) != metadata.Issuer : metadata.SendsIssuer)
        {
            throw new ProviderException(ProviderFailure.Invalid, "The answer is of another issuer.");
        }
    }

    private string LinkTo(IdentityProvider provider, ProviderMetadata metadata, SsoAttempt attempt, string? email)
    {
        var isGoogle = provider.Issuer == Google;
        var query = new Dictionary<string, string?>
        {
            ["response_type"] = "code",
            ["client_id"] = provider.ClientId,
            ["redirect_uri"] = RedirectUri(provider.Name),
            ["scope"] = metadata.OffersOfflineAccess ? "openid email profile offline_access" : "openid email profile",
            ["state"] = attempt.State,
            ["nonce"] = attempt.Nonce,
            ["code_challenge"] = Pkce.ChallengeOf(attempt.Verifier),
            ["code_challenge_method"] = Pkce.Method,

            // Who is asked for a time owes when it was (Core section 2). A session that began there longer ago would last no longer here.
            ["max_age"] = ((long)(attempt.IsAgain ? TimeSpan.Zero : options.SessionAbsoluteLimit).TotalSeconds).ToString(CultureInfo.InvariantCulture),
        };
        if (EmailAddress.IsValid(email ?? ""))
        {
            query["login_hint"] = email;
        }

        if (isGoogle)
        {
            query["access_type"] = "offline";
        }

        if (attempt.IsAgain)
        {
            if (isGoogle)
            {
                query["claims"] = """{"id_token":{"auth_time":{"essential":true}}}""";
            }
            else
            {
                query["prompt"] = "login";
            }
        }

        return QueryHelpers.AddQueryString(metadata.AuthorizationEndpoint, query);
    }

    /// <summary>The address that is registered at the provider.</summary>
    public static string RedirectUri(string issuer, string name) => $"{issuer}{LoginPaths.Sso}/{name}/callback";

    private string RedirectUri(string name) => RedirectUri(options.Issuer, name);

    private Task FailAsync(HttpContext context, int status, IdentityProvider provider, string text, string returnUrl) =>
        FailAsync(context, status, provider.Label, text, returnUrl);

    private Task FailAsync(HttpContext context, int status, string label, string text, string returnUrl) => pages.WriteAsync<SsoFailedPage>(
        context, status, new SsoFailedModel { Provider = label, Text = text, SignInLink = SignInLink.BackTo(returnUrl) });

    private static string? One(Microsoft.Extensions.Primitives.StringValues values) => values.Count == 1 ? values[0] : null;
}
