namespace Postern.Login.Pages;

/// <summary>On the way to a provider.</summary>
public sealed class SsoLeaveModel : PageModel
{
    /// <summary>The provider's name for people.</summary>
    public required string Provider { get; init; }

    /// <summary>Where it goes on, for browsers that do not go by themselves.</summary>
    public required string Link { get; init; }
}
