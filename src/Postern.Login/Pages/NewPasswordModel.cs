namespace Postern.Login.Pages;

/// <summary>The form of a new password, by a mailed link or knowing the present one.</summary>
public sealed class NewPasswordModel : PageModel
{
    /// <summary>The account's address, which password managers keep the password under.</summary>
    public required string Email { get; init; }

    /// <summary>Whether the present password must be given.</summary>
    public required bool NeedsPresentPassword { get; init; }

    /// <summary>Where the form goes.</summary>
    public required string FormAction { get; init; }

    /// <summary>What was just done, or null.</summary>
    public string? Notice { get; init; }

    /// <summary>Whether it was the present password that was wrong, and not the new one.</summary>
    public bool IsPresentWrong { get; init; }

    /// <summary>Whether a passkey may take the place of the password.</summary>
    public bool OffersPasskey { get; init; }

    /// <summary>What was wrong, each a sentence.</summary>
    public IReadOnlyList<string> Faults { get; init; } = [];
}
