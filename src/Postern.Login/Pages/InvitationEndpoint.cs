using Microsoft.AspNetCore.WebUtilities;
using Postern.Directory.SingleSignOn;
using Postern.Login.Accounts;
using Postern.Login.Factors;
using Postern.Login.Pages.Factors;
using Postern.Login.Sessions;
using Postern.Login.SingleSignOn;

namespace Postern.Login.Pages;

/// <summary>
/// <c>/invitation</c>: shows an invitation to whoever has its link, and accepts it. Looking at it changes nothing, so a mail
/// program that opens links uses none up.
/// </summary>
internal sealed class InvitationEndpoint(
    InvitationAcceptance invitations,
    IdentityProviders providers,
    FirstPasskeyForm passkeys,
    LinkCookie cookie,
    BrowserSessions browsers,
    PageWriter pages)
{
    public async Task ShowAsync(HttpContext context)
    {
        if (cookie.TakeFromAddress(context, LoginPaths.Invitation))
        {
            return;
        }

        var live = await browsers.FindAsync(context);
        if (await FindAsync(context) is { } open)
        {
            await WriteAsync(context, StatusCodes.Status200OK, open, live);
        }
    }

    public async Task CreateAccountAsync(HttpContext context)
    {
        var live = await browsers.FindAsync(context);
        if (await pages.ReadFormAsync(context) is not { } form || await FindAsync(context) is not { } open)
        {
            return;
        }

        if (open.Account is not null || await providers.FindByEmailAsync(open.Invitation.Email, context.RequestAborted) is { IsEnforced: true })
        {
            await WriteAsync(context, StatusCodes.Status422UnprocessableEntity, open, live);
            return;
        }

        var (firstName, lastName) = (form[FormFields.FirstName].ToString(), form[FormFields.LastName].ToString());
        var isByPasskey = passkeys.IsAskedFor(form);
        if (isByPasskey && InvitationAcceptance.FindNameFaults(firstName, lastName) is { Count: > 0 } faults)
        {
            await WriteAsync(context, StatusCodes.Status422UnprocessableEntity, open, live, faults, firstName, lastName);
            return;
        }

        var passkey = isByPasskey
            ? await passkeys.ReadAsync(
                context, form, open.Invitation.Email, $"{firstName} {lastName}".Trim(), userId: null, FormFields.FirstName, FormFields.LastName)
            : null;
        if (isByPasskey && passkey is null)
        {
            return;
        }

        var result = passkey is null
            ? await invitations.CreateAccountAsync(open, firstName, lastName, form[FormFields.NewPassword].ToString(), context.RequestAborted)
            : await invitations.CreateAccountAsync(open, firstName, lastName, passkey, context.RequestAborted);
        if (result.User is not { } user)
        {
            await WriteAsync(context, StatusCodes.Status422UnprocessableEntity, open, live, result.Faults, firstName, lastName);
            return;
        }

        cookie.Forget(context, LoginPaths.Invitation);
        if (passkey is not null)
        {
            await passkeys.FinishAsync(context, user, passkey);
            return;
        }

        await browsers.SignInAsync(context, user, AuthenticationMethods.Password);
        context.SeeOther(LoginPaths.Account);
    }

    public async Task JoinAsync(HttpContext context)
    {
        if (await browsers.FindAsync(context) is not { } live)
        {
            context.SeeOther(LoginPaths.Invitation);
            return;
        }

        if (await pages.ReadFormAsync(context) is not { } form || await FindAsync(context) is not { } open)
        {
            return;
        }

        var result = await invitations.JoinAsync(open, live, form[FormFields.Decision] == FormFields.Keep, context.RequestAborted);
        if (!result.IsDone)
        {
            await WriteAsync(context, StatusCodes.Status422UnprocessableEntity, open, live, result.Faults);
            return;
        }

        cookie.Forget(context, LoginPaths.Invitation);
        context.SeeOther(LoginPaths.Account);
    }

    private async Task<OpenInvitation?> FindAsync(HttpContext context)
    {
        if (await invitations.FindAsync(cookie.Read(context, LoginPaths.Invitation), context.RequestAborted) is { } open)
        {
            return open;
        }

        await pages.WriteErrorAsync(
            context,
            StatusCodes.Status404NotFound,
            "This invitation is not open",
            "It has been accepted or withdrawn, a newer one was sent, or its time is over.",
            "If you have accepted it, sign in. Otherwise ask whoever invited you to send it again. Cookies must be allowed for this site.",
            ("Sign in", LoginPaths.SignIn));
        return null;
    }

    private async Task WriteAsync(
        HttpContext context,
        int status,
        OpenInvitation open,
        LiveSession? live,
        IReadOnlyList<string>? faults = null,
        string firstName = "",
        string lastName = "")
    {
        var provider = await providers.FindByEmailAsync(open.Invitation.Email, context.RequestAborted);
        var isInvited = live is not null && open.Account?.Id == live.User.Id;
        await pages.WriteAsync<InvitationPage>(context, status, new InvitationModel
        {
            SsoProvider = provider?.Label,
            IsSsoRequired = provider?.IsEnforced == true,
            SsoLink = provider is null ? "" : SsoLink.To(provider.Name, LoginPaths.Invitation, email: open.Invitation.Email),
            Organization = open.Organization,
            Role = open.Invitation.Role,
            Email = open.Invitation.Email,
            HasAccount = open.Account is not null,
            SignedInAs = live?.User.Email,
            IsSignedInAsInvited = isInvited,
            Belongings = isInvited && !live!.User.EmailConfirmed
                ? await invitations.FindBelongingsAsync(live.User.Id, context.RequestAborted)
                : new AccountBelongings(0, 0, 0, 0),
            SignInLink = QueryHelpers.AddQueryString(LoginPaths.SignIn, FormFields.ReturnUrl, LoginPaths.Invitation),
            FirstName = firstName.Length <= LoginLimits.Email ? firstName : "",
            LastName = lastName.Length <= LoginLimits.Email ? lastName : "",
            OffersPasskey = passkeys.IsAvailable,
            Faults = faults ?? [],
        });
    }
}
