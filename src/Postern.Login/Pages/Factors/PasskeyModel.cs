using Postern.Login.Factors;

namespace Postern.Login.Pages.Factors;

/// <summary>A new passkey, or a new name for one.</summary>
public sealed class PasskeyModel : PageModel
{
    /// <summary>The question for a new passkey; null to rename one.</summary>
    public required PasskeyCeremony? Passkey { get; init; }

    /// <summary>Where the form goes.</summary>
    public required string FormAction { get; init; }

    /// <summary>The name to begin with.</summary>
    public required string Name { get; init; }

    /// <summary>Where to go afterwards; null for the page of sign-in methods.</summary>
    public string? ReturnUrl { get; init; }

    /// <summary>Why the last attempt failed, or null.</summary>
    public string? Error { get; init; }

    /// <inheritdoc/>
    public override bool HasScript => Passkey is not null;
}
