namespace Postern.Login.Pages;

/// <summary>Why somebody who came from a provider is not signed in.</summary>
public sealed class SsoFailedModel : PageModel
{
    /// <summary>The provider's name for people.</summary>
    public required string Provider { get; init; }

    /// <summary>Why not, a sentence or two.</summary>
    public required string Text { get; init; }

    /// <summary>Where to begin again.</summary>
    public required string SignInLink { get; init; }
}
