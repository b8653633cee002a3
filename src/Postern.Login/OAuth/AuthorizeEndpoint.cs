using Postern.Login.Pages;
using Postern.Login.Pages.Factors;
using Postern.Login.Sessions;
using Postern.Login.SingleSignOn;

namespace Postern.Login.OAuth;

/// <summary>
/// <c>/oauth2/authorize</c> (RFC 6749 section 3.1): GET shows the consent page, or sends the person to sign in first; POST
/// takes the answer. Both read the request from the query, so the form can change nothing in it.
/// </summary>
internal sealed class AuthorizeEndpoint(
    AuthorizationRequestReader reader,
    AuthorizationCodes codes,
    BrowserSessions browsers,
    SsoLookup sso,
    PageWriter pages,
    LoginOptions options,
    TimeProvider clock,
    ILogger<AuthorizeEndpoint> log)
{
    public async Task ShowAsync(HttpContext context)
    {
        var (request, refusal) = reader.Read(new OAuthParameters(context.Request.Query));
        if (request is null)
        {
            await RefuseAsync(context, refusal!);
            return;
        }

        if (!await sso.KnowsAllAsync(request.RequiredMethods, context.RequestAborted))
        {
            await RefuseAsync(context, new(AuthorizationRequestReader.Unmet, request.RedirectUri, request.State));
            return;
        }

        var live = await browsers.FindAsync(context);
        if (request.Prompt.HasFlag(Prompts.Silent))
        {
            await RefuseAsync(context, RefuseSilent(request, live));
        }
        else if (live is not null && MustChoose(request))
        {
            await pages.WriteAsync<AccountChoicePage>(context, StatusCodes.Status200OK, AccountChoice(context, request, live));
        }
        else if (live is null || MustSignInAgain(request, live))
        {
            context.SeeOther(StepUpLink.ToSignIn(request.RequiredMethods, live, SignInLink.Here(context, withoutPrompts: true)));
        }
        else if (FindStepUp(context, request, live) is { } stepUp)
        {
            context.SeeOther(stepUp);
        }
        else
        {
            await pages.WriteAsync<ConsentPage>(context, StatusCodes.Status200OK, ConsentModel(context, request, live), FormTarget(request));
        }
    }

    public async Task DecideAsync(HttpContext context)
    {
        var (request, refusal) = reader.Read(new OAuthParameters(context.Request.Query));
        if (request is null)
        {
            await RefuseAsync(context, refusal!);
            return;
        }

        if (await browsers.FindAsync(context) is not { } live)
        {
            context.SeeOther(SignInLink.To(context, withoutPrompts: true));
            return;
        }

        // Also here: the page may have stood open for hours (RFC 9470 section 5).
        if (IsTooOld(request, live))
        {
            context.SeeOther(StepUpLink.ToSignIn(request.RequiredMethods, live, SignInLink.Here(context, withoutPrompts: true)));
            return;
        }

        if (FindStepUp(context, request, live) is { } stepUp)
        {
            context.SeeOther(stepUp);
            return;
        }

        if (await pages.ReadFormAsync(context) is not { } form)
        {
            return;
        }

        if (form[FormFields.Decision] == FormFields.Allow)
        {
            if (await codes.CreateAsync(request, live, context.RequestAborted) is not { } code)
            {
                context.SeeOther(SignInLink.To(context, withoutPrompts: true));
                return;
            }

            log.ConsentGiven(live.User.Id, request.Client.Id);
            context.SeeOther(RedirectAnswer.WithCode(options.Issuer, request.RedirectUri, request.State, code));
        }
        else
        {
            log.ConsentRefused(live.User.Id, request.Client.Id);
            var denied = new OAuthError(OAuthErrorCode.AccessDenied, "You did not allow this sign-in.");
            context.SeeOther(RedirectAnswer.WithError(options.Issuer, request.RedirectUri, request.State, denied));
        }
    }

    /// <summary>RFC 6749 section 4.1.2.1: an untrusted address hears nothing, only the person does.</summary>
    private Task RefuseAsync(HttpContext context, AuthorizationRefusal refusal)
    {
        if (refusal.RedirectUri is { } redirectUri)
        {
            context.SeeOther(RedirectAnswer.WithError(options.Issuer, redirectUri, refusal.State, refusal.Error));
            return Task.CompletedTask;
        }

        return pages.WriteErrorAsync(
            context,
            StatusCodes.Status400BadRequest,
            "This sign-in link does not work",
            refusal.Error.Description,
            "Go back to the program that opened this page and start again. If it happens again, tell whoever runs this server.");
    }

    /// <summary>Consent is asked for each time, so without a page there is never a code (OpenID Connect Core section 3.1.2.6).</summary>
    private static AuthorizationRefusal RefuseSilent(AuthorizationRequest request, LiveSession? live) => new(
        live is null
            ? new(OAuthErrorCode.LoginRequired, "Nobody is signed in.")
            : StepUpLink.FindMissing(request.RequiredMethods, live).Count > 0
                ? new(OAuthErrorCode.UnmetRequirements, "This needs multi-factor authentication or single sign-on, and the person signed in without it.")
                : new(OAuthErrorCode.ConsentRequired, "This needs the person's consent."),
        request.RedirectUri,
        request.State);

    private static string? FindStepUp(HttpContext context, AuthorizationRequest request, LiveSession live) =>
        StepUpLink.Find(request.RequiredMethods, live, context.Request.Path + context.Request.QueryString.Value);

    // With a sign-in asked for as well, the sign-in page offers the choice.
    private static bool MustChoose(AuthorizationRequest request) =>
        request.Prompt.HasFlag(Prompts.SelectAccount) && !request.Prompt.HasFlag(Prompts.Login);

    private bool MustSignInAgain(AuthorizationRequest request, LiveSession live) =>
        request.Prompt.HasFlag(Prompts.Login) || IsTooOld(request, live);

    private bool IsTooOld(AuthorizationRequest request, LiveSession live) =>
        request.MaxAge is { } maxAge && clock.GetUtcNow() - live.Session.AuthTime > maxAge;

    private static AccountChoiceModel AccountChoice(HttpContext context, AuthorizationRequest request, LiveSession live) => new()
    {
        ClientName = request.Client.DisplayName,
        User = live.User,
        ContinueLink = SignInLink.HereWithoutChoice(context),
        OtherAccountLink = StepUpLink.ToSignIn(request.RequiredMethods, live, SignInLink.Here(context, withoutPrompts: true)),
    };

    private ConsentModel ConsentModel(HttpContext context, AuthorizationRequest request, LiveSession live) => new()
    {
        ClientName = request.Client.DisplayName,
        ReturnsTo = request.RedirectUri,
        User = live.User,
        StaysSignedIn = request.Scope == OAuthScopes.OfflineAccess,
        Options = options,
        FormAction = context.Request.Path + context.Request.QueryString.Value,
        OtherAccountLink = SignInLink.To(context, withoutPrompts: true, switchAccount: true),
    };

    /// <summary>Browsers hold the policy's form-action also against the redirect that answers the form.</summary>
    private static string FormTarget(AuthorizationRequest request) => new Uri(request.RedirectUri).GetLeftPart(UriPartial.Authority);
}
