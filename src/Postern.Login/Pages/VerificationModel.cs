namespace Postern.Login.Pages;

/// <summary>The question whether an address is the person's.</summary>
public sealed class VerificationModel : PageModel
{
    /// <summary>The address.</summary>
    public required string Email { get; init; }
}
