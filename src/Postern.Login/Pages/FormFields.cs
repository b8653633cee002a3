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
    public const string Decision = "decision";
    public const string Allow = "allow";
    public const string Deny = "deny";
}
