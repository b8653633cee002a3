namespace Postern.Login.Pages.Factors;

/// <summary>The choice of a first second factor.</summary>
public sealed class FactorChoiceModel : PageModel
{
    /// <summary>An organization that asks for it, or null when only the client does.</summary>
    public required string? RequiredBy { get; init; }

    /// <summary>The page that sets up an app and then goes on.</summary>
    public required string AuthenticatorLink { get; init; }

    /// <summary>The page that adds a passkey and then goes on; null where browsers cannot make one.</summary>
    public required string? PasskeyLink { get; init; }
}
