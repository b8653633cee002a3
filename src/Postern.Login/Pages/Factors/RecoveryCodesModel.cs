namespace Postern.Login.Pages.Factors;

/// <summary>New recovery codes, which are shown this once.</summary>
public sealed class RecoveryCodesModel : PageModel
{
    /// <summary>The codes.</summary>
    public required IReadOnlyList<string> Codes { get; init; }

    /// <summary>Whose they are, for the paper that they are printed on.</summary>
    public required string Email { get; init; }

    /// <summary>Whether they come with the first factor, which is then on.</summary>
    public required bool IsFirst { get; init; }

    /// <summary>Where to go on.</summary>
    public required string ContinueLink { get; init; }
}
