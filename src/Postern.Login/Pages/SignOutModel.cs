namespace Postern.Login.Pages;

/// <summary>The question whether to sign out.</summary>
public sealed class SignOutModel : PageModel
{
    /// <summary>The account's e-mail address.</summary>
    public required string Email { get; init; }
}
