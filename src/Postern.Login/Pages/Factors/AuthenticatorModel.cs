namespace Postern.Login.Pages.Factors;

/// <summary>A new authenticator app that still has to show its first code.</summary>
public sealed class AuthenticatorModel : PageModel
{
    /// <summary>The secret for typing.</summary>
    public required string Secret { get; init; }

    /// <summary>The same as an address, for an app on this very device.</summary>
    public required string Address { get; init; }

    /// <summary>Width and height of the picture in modules.</summary>
    public required int PictureSize { get; init; }

    /// <summary>The dark modules of the picture as the path of an SVG.</summary>
    public required string Picture { get; init; }

    /// <summary>The secret, sealed for the way back.</summary>
    public required string State { get; init; }

    /// <summary>Where to go afterwards; null for the page of sign-in methods.</summary>
    public required string? ReturnUrl { get; init; }

    /// <summary>Why the last attempt failed, or null.</summary>
    public string? Error { get; init; }
}
