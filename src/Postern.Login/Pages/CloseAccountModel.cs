namespace Postern.Login.Pages;

/// <summary>The two ways to close an account.</summary>
public sealed class CloseAccountModel : PageModel
{
    /// <summary>The account's address.</summary>
    public required string Email { get; init; }

    /// <summary>Whether the account has a password, which is asked for.</summary>
    public required bool NeedsPassword { get; init; }

    /// <summary>Organizations that would be without an owner.</summary>
    public required IReadOnlyList<string> OwnedAlone { get; init; }

    /// <summary>What was wrong, each a sentence.</summary>
    public IReadOnlyList<string> Faults { get; init; } = [];
}
