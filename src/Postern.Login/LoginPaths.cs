namespace Postern.Login;

/// <summary>Where everything of this room is found below the issuer.</summary>
internal static class LoginPaths
{
    public const string Home = "/";
    public const string SignIn = "/login";
    public const string SignOut = "/user/logout";
    public const string Account = "/account";
    public const string Sessions = "/account/sessions";
    public const string Device = "/device";
    public const string SecondFactor = "/login/factor";
    public const string Sso = "/login/sso";
    public const string PasskeySignIn = "/login/passkey";
    public const string Confirm = "/login/confirm";
    public const string Security = "/account/security";
    public const string SetUpFactor = "/account/security/new";
    public const string Authenticator = "/account/security/authenticator";
    public const string RemoveAuthenticator = "/account/security/authenticator/remove";
    public const string AddPasskey = "/account/security/passkeys/new";
    public const string Passkey = "/account/security/passkeys/{id}";
    public const string RemovePasskey = "/account/security/passkeys/{id}/remove";
    public const string RecoveryCodes = "/account/security/recovery-codes";
    public const string EndSession = "/account/sessions/{id:guid}/end";
    public const string EndOtherSessions = "/account/sessions/end-others";
    public const string SshKeys = "/account/ssh-keys";
    public const string DeleteSshKey = "/account/ssh-keys/{id:int}/delete";
    public const string RenameSshKey = "/account/ssh-keys/{id:int}/rename";
    public const string ApiTokens = "/account/api-tokens";
    public const string DeleteApiToken = "/account/api-tokens/{id:guid}/delete";
    public const string Approvals = "/account/approvals";
    public const string EndApproval = "/account/approvals/{id:guid}/end";
    public const string EndAllApprovals = "/account/approvals/end-all";
    public const string Organizations = "/account/organizations";
    public const string Organization = "/account/organizations/{id}";
    public const string OrganizationSecurity = "/account/organizations/{id}/security";
    public const string OrganizationSso = "/account/organizations/{id}/sso";
    public const string OrganizationProjects = "/account/organizations/{id}/projects";
    public const string Project = "/account/projects/{id}";
    public const string OrganizationMachines = "/account/organizations/{id}/machines";

    public const string Setup = "/setup";
    public const string Invitation = "/invitation";
    public const string JoinByInvitation = "/invitation/join";
    public const string ForgottenPassword = "/password/forgotten";
    public const string ResetPassword = "/password/reset";
    public const string ChangePassword = "/account/password";
    public const string SendVerification = "/account/email/send";
    public const string VerifyEmail = "/email/verify";
    public const string CloseAccount = "/account/close";

    public const string Authorize = "/oauth2/authorize";
    public const string Token = "/oauth2/token";
    public const string Revoke = "/oauth2/revoke";
    public const string Introspect = "/oauth2/introspect";
    public const string DeviceAuthorization = "/oauth2/device_authorization";
    public const string ServerMetadata = "/.well-known/oauth-authorization-server";
    public const string KeySet = "/oauth2/keys";

    public const string UserApiTokens = "/users/{id:guid}/api-tokens";
    public const string UserApiToken = "/users/{id:guid}/api-tokens/{tokenId:guid}";
    public const string OrganizationInvitations = "/organizations/{id}/invitations";

    public const string Certificates = "/ssh";
    public const string Authorities = "/ssh/authority";
}
