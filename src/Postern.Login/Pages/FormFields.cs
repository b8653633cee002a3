namespace Postern.Login.Pages;

/// <summary>Names of the fields in our forms.</summary>
internal static class FormFields
{
    public const string Antiforgery = "form_token";
    public const string Email = "email";
    public const string Password = "password";
    public const string ReturnUrl = "return_url";
    public const string SwitchAccount = "switch";
    public const string UserCode = "user_code";
    public const string Role = "role";
    public const string Again = "again";
    public const string MethodSso = "sso";
    public const string Issuer = "issuer";
    public const string ClientId = "client_id";
    public const string ClientSecret = "client_secret";
    public const string Label = "label";
    public const string Domain = "domain";
    public const string CreatesPeople = "creates_people";
    public const string TrustsMfa = "trusts_mfa";
    public const string User = "user";
    public const string All = "all";
    public const string Required = "required";
    public const string On = "on";
    public const string Off = "off";
    public const string Key = "key";
    public const string Title = "title";
    public const string Name = "name";
    public const string Days = "days";
    public const string Project = "project";
    public const string Access = "access";
    public const string FullAccess = "full";
    public const string ReadOnly = "read-only";
    public const string Decision = "decision";
    public const string Allow = "allow";
    public const string Deny = "deny";
    public const string Keep = "keep";
    public const string Remove = "remove";
    public const string SetupCode = "setup_code";
    public const string FirstName = "first_name";
    public const string LastName = "last_name";
    public const string Organization = "organization";
    public const string PresentPassword = "present_password";
    public const string NewPassword = "new_password";
    public const string Deactivate = "deactivate";
    public const string Delete = "delete";
    public const string Method = "method";
    public const string MethodCode = "code";
    public const string MethodRecovery = "recovery";
    public const string MethodPasskey = "passkey";
    public const string Instead = "instead";
    public const string MethodPassword = "password";
    public const string Code = "code";
    public const string Credential = "credential";
    public const string PasskeyState = "passkey_state";
    public const string SetupState = "setup_state";
}
