using Postern.Login.Accounts;

namespace Postern.Login.Pages;

/// <summary>The question whether an address is the person's.</summary>
public sealed class VerificationModel : PageModel
{
    /// <summary>The address.</summary>
    public required string Email { get; init; }

    /// <summary>What the account has; null for who is not signed in to it, and so cannot answer.</summary>
    public AccountBelongings? Belongings { get; init; }

    /// <summary>Whose other account this browser is signed in to, or null.</summary>
    public string? SignedInAs { get; init; }
}
