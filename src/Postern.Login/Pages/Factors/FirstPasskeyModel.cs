using Postern.Login.Factors;

namespace Postern.Login.Pages.Factors;

/// <summary>The question for a passkey that opens an account in place of a password.</summary>
public sealed class FirstPasskeyModel : PageModel
{
    /// <summary>The question.</summary>
    public required PasskeyCeremony Passkey { get; init; }

    /// <summary>The address of the account.</summary>
    public required string Email { get; init; }

    /// <summary>Where the form goes, and what leads back to the password.</summary>
    public required string FormAction { get; init; }

    /// <summary>A name to begin with.</summary>
    public required string Name { get; init; }

    /// <summary>What was typed on the page before.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Fields { get; init; } = [];

    /// <summary>Why the last attempt failed, or null.</summary>
    public string? Error { get; init; }

    /// <inheritdoc/>
    public override bool HasScript => true;
}
