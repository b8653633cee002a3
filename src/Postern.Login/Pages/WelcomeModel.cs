namespace Postern.Login.Pages;

/// <summary>The page for who is not signed in.</summary>
public sealed class WelcomeModel : PageModel
{
    /// <summary>The public URL, for the command that signs the CLI in.</summary>
    public required string Issuer { get; init; }

    /// <summary>Whether the person has just signed out.</summary>
    public required bool HasSignedOut { get; init; }
}
