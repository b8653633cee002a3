using Postern.Login.Accounts;
using Postern.Login.Certificates;
using Postern.Login.OAuth;
using Postern.Login.Pages;
using Postern.Login.Pages.Factors;
using Postern.Login.Pages.Organizations;
using Postern.Login.Sessions;
using Postern.Login.SingleSignOn;

namespace Postern.Login;

/// <summary>Maps this room's URLs.</summary>
public static class LoginEndpoints
{
    /// <summary>Maps the pages, the OAuth 2.0 endpoints and the certificate endpoint below the root of the host.</summary>
    public static IEndpointRouteBuilder MapPosternLogin(this IEndpointRouteBuilder routes)
    {
        var services = routes.ServiceProvider;
        MapOAuth(routes, services);
        MapCertificates(routes, services);
        MapTokens(routes, services.GetRequiredService<ApiTokenEndpoint>());
        MapInvitations(routes, services.GetRequiredService<InvitationApi>());
        MapPages(routes, services);
        MapAccountKeeping(routes, services);
        routes.MapSingleSignOn();
        return routes;
    }

    private static void MapOAuth(IEndpointRouteBuilder routes, IServiceProvider services)
    {
        var authorize = services.GetRequiredService<AuthorizeEndpoint>();
        var metadata = services.GetRequiredService<MetadataEndpoint>();
        routes.MapGet(LoginPaths.Authorize, authorize.ShowAsync);
        routes.MapPost(LoginPaths.Authorize, authorize.DecideAsync);
        routes.MapPost(LoginPaths.Token, services.GetRequiredService<TokenEndpoint>().HandleAsync);
        routes.MapPost(LoginPaths.Revoke, services.GetRequiredService<RevokeEndpoint>().HandleAsync);
        if (services.GetRequiredService<LoginOptions>().IntrospectionSecretFile is not null)
        {
            routes.MapPost(LoginPaths.Introspect, services.GetRequiredService<IntrospectEndpoint>().HandleAsync);
        }

        routes.MapPost(LoginPaths.DeviceAuthorization, services.GetRequiredService<DeviceAuthorizationEndpoint>().HandleAsync);
        routes.MapGet(LoginPaths.ServerMetadata, metadata.WriteServerMetadataAsync);
        routes.MapGet(LoginPaths.KeySet, metadata.WriteKeySetAsync);
    }

    private static void MapCertificates(IEndpointRouteBuilder routes, IServiceProvider services)
    {
        var certificates = services.GetRequiredService<CertificateEndpoint>();
        routes.MapPost(LoginPaths.Certificates, certificates.SignAsync).RequireAuthorization().WithMetadata(ScopedTokens.MayPost);
        routes.MapGet(LoginPaths.Authorities, certificates.ListAuthoritiesAsync);
    }

    private static void MapTokens(IEndpointRouteBuilder routes, ApiTokenEndpoint tokens)
    {
        routes.MapGet(LoginPaths.UserApiTokens, (HttpContext context, Guid id) => tokens.ListAsync(context, id)).RequireAuthorization();
        routes.MapPost(LoginPaths.UserApiTokens, (HttpContext context, Guid id) => tokens.CreateAsync(context, id)).RequireAuthorization();
        routes.MapGet(LoginPaths.UserApiToken, (HttpContext context, Guid id, Guid tokenId) => tokens.ShowAsync(context, id, tokenId))
            .RequireAuthorization();
        routes.MapDelete(LoginPaths.UserApiToken, (HttpContext context, Guid id, Guid tokenId) => tokens.RevokeAsync(context, id, tokenId))
            .RequireAuthorization();
    }

    private static void MapInvitations(IEndpointRouteBuilder routes, InvitationApi invitations)
    {
        routes.MapGet(LoginPaths.OrganizationInvitations, (HttpContext context, string id) => invitations.ListAsync(context, id)).RequireAuthorization();
        routes.MapPost(LoginPaths.OrganizationInvitations, (HttpContext context, string id) => invitations.InviteAsync(context, id)).RequireAuthorization();
        routes.MapDelete(
            LoginPaths.OrganizationInvitations + "/{invitationId:guid}",
            (HttpContext context, string id, Guid invitationId) => invitations.RevokeAsync(context, id, invitationId)).RequireAuthorization();
    }

    private static void MapPages(IEndpointRouteBuilder routes, IServiceProvider services)
    {
        var signIn = services.GetRequiredService<SignInEndpoint>();
        var account = services.GetRequiredService<AccountEndpoint>();
        routes.MapGet(LoginPaths.Home, account.ShowHomeAsync);
        routes.MapGet(LoginPaths.SignIn, signIn.ShowSignInAsync);
        routes.MapPost(LoginPaths.SignIn, signIn.SignInAsync);
        routes.MapGet(LoginPaths.SignOut, signIn.ShowSignOutAsync);
        routes.MapPost(LoginPaths.SignOut, signIn.SignOutAsync);
        routes.MapGet(LoginPaths.Account, account.ShowAccountAsync);
        MapSessionPages(routes, services.GetRequiredService<SessionsEndpoint>());
        OrganizationPages.Map(routes, services);
        MapKeyPages(routes, services.GetRequiredService<SshKeysEndpoint>(), services.GetRequiredService<ApiTokensEndpoint>());
        MapApprovalPages(routes, services.GetRequiredService<ApprovalsEndpoint>());
        var device = services.GetRequiredService<DeviceEndpoint>();
        routes.MapGet(LoginPaths.Device, device.ShowAsync);
        routes.MapPost(LoginPaths.Device, device.DecideAsync);
        MapFactorPages(routes, services);
        routes.MapGet(PageAssets.PasskeyScriptRoute, PageAssets.WritePasskeyScriptAsync);
        routes.MapGet(PageAssets.StyleSheetRoute, PageAssets.WriteStyleSheetAsync);
        routes.MapGet(PageAssets.IconRoute, PageAssets.WriteIconAsync);
    }

    private static void MapAccountKeeping(IEndpointRouteBuilder routes, IServiceProvider services)
    {
        var setup = services.GetRequiredService<SetupEndpoint>();
        var invitation = services.GetRequiredService<InvitationEndpoint>();
        var forgotten = services.GetRequiredService<ForgottenPasswordEndpoint>();
        var password = services.GetRequiredService<PasswordEndpoint>();
        var verification = services.GetRequiredService<VerificationEndpoint>();
        var close = services.GetRequiredService<CloseAccountEndpoint>();
        routes.MapGet(LoginPaths.Setup, setup.ShowAsync);
        routes.MapPost(LoginPaths.Setup, setup.CreateAsync);
        routes.MapGet(LoginPaths.Invitation, invitation.ShowAsync);
        routes.MapPost(LoginPaths.Invitation, invitation.CreateAccountAsync);
        routes.MapPost(LoginPaths.JoinByInvitation, invitation.JoinAsync);
        routes.MapGet(LoginPaths.ForgottenPassword, forgotten.ShowAsync);
        routes.MapPost(LoginPaths.ForgottenPassword, forgotten.SendAsync);
        routes.MapGet(LoginPaths.ResetPassword, forgotten.ShowResetAsync);
        routes.MapPost(LoginPaths.ResetPassword, forgotten.ResetAsync);
        routes.MapGet(LoginPaths.ChangePassword, password.ShowAsync);
        routes.MapPost(LoginPaths.ChangePassword, password.ChangeAsync);
        routes.MapPost(LoginPaths.SendVerification, verification.SendAsync);
        routes.MapGet(LoginPaths.VerifyEmail, verification.ShowAsync);
        routes.MapPost(LoginPaths.VerifyEmail, verification.ConfirmAsync);
        routes.MapGet(LoginPaths.CloseAccount, close.ShowAsync);
        routes.MapPost(LoginPaths.CloseAccount, close.CloseAsync);
    }

    private static void MapSessionPages(IEndpointRouteBuilder routes, SessionsEndpoint sessions)
    {
        routes.MapGet(LoginPaths.Sessions, sessions.ShowAsync);
        routes.MapPost(LoginPaths.EndSession, (HttpContext context, Guid id) => sessions.EndSessionAsync(context, id));
        routes.MapPost(LoginPaths.EndOtherSessions, sessions.EndOtherSessionsAsync);
    }

    private static void MapKeyPages(IEndpointRouteBuilder routes, SshKeysEndpoint keys, ApiTokensEndpoint tokens)
    {
        routes.MapGet(LoginPaths.SshKeys, keys.ShowAsync);
        routes.MapPost(LoginPaths.SshKeys, keys.AddAsync);
        routes.MapPost(LoginPaths.RenameSshKey, (HttpContext context, int id) => keys.RenameAsync(context, id));
        routes.MapPost(LoginPaths.DeleteSshKey, (HttpContext context, int id) => keys.DeleteAsync(context, id));
        routes.MapGet(LoginPaths.ApiTokens, tokens.ShowAsync);
        routes.MapPost(LoginPaths.ApiTokens, tokens.CreateAsync);
        routes.MapPost(LoginPaths.DeleteApiToken, (HttpContext context, Guid id) => tokens.DeleteAsync(context, id));
    }

    private static void MapApprovalPages(IEndpointRouteBuilder routes, ApprovalsEndpoint approvals)
    {
        routes.MapGet(LoginPaths.Approvals, approvals.ShowAsync);
        routes.MapPost(LoginPaths.EndApproval, (HttpContext context, Guid id) => approvals.EndAsync(context, id));
        routes.MapPost(LoginPaths.EndAllApprovals, approvals.EndAllAsync);
    }

    private static void MapFactorPages(IEndpointRouteBuilder routes, IServiceProvider services)
    {
        var secondFactor = services.GetRequiredService<SecondFactorEndpoint>();
        var confirm = services.GetRequiredService<ConfirmEndpoint>();
        var security = services.GetRequiredService<SecurityEndpoint>();
        var authenticator = services.GetRequiredService<AuthenticatorEndpoint>();
        var passkeys = services.GetRequiredService<PasskeyEndpoint>();
        var recoveryCodes = services.GetRequiredService<RecoveryCodeEndpoint>();
        routes.MapGet(LoginPaths.SecondFactor, secondFactor.ShowAsync);
        routes.MapPost(LoginPaths.SecondFactor, secondFactor.ProveAsync);
        routes.MapPost(LoginPaths.PasskeySignIn, services.GetRequiredService<PasskeySignInEndpoint>().SignInAsync);
        routes.MapGet(LoginPaths.Confirm, confirm.ShowAsync);
        routes.MapPost(LoginPaths.Confirm, confirm.ProveAsync);
        routes.MapGet(LoginPaths.Security, security.ShowAsync);
        routes.MapGet(LoginPaths.SetUpFactor, security.ShowChoiceAsync);
        routes.MapGet(LoginPaths.Authenticator, authenticator.ShowAsync);
        routes.MapPost(LoginPaths.Authenticator, authenticator.AddAsync);
        routes.MapGet(LoginPaths.RemoveAuthenticator, authenticator.ShowRemovalAsync);
        routes.MapPost(LoginPaths.RemoveAuthenticator, authenticator.RemoveAsync);
        routes.MapGet(LoginPaths.AddPasskey, passkeys.ShowAddAsync);
        routes.MapPost(LoginPaths.AddPasskey, passkeys.AddAsync);
        routes.MapGet(LoginPaths.Passkey, (HttpContext context, string id) => passkeys.ShowRenameAsync(context, id));
        routes.MapPost(LoginPaths.Passkey, (HttpContext context, string id) => passkeys.RenameAsync(context, id));
        routes.MapGet(LoginPaths.RemovePasskey, (HttpContext context, string id) => passkeys.ShowRemovalAsync(context, id));
        routes.MapPost(LoginPaths.RemovePasskey, (HttpContext context, string id) => passkeys.RemoveAsync(context, id));
        routes.MapGet(LoginPaths.RecoveryCodes, recoveryCodes.ShowAsync);
        routes.MapPost(LoginPaths.RecoveryCodes, recoveryCodes.RenewAsync);
    }
}
