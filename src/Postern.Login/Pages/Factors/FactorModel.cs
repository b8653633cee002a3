using Postern.Login.Factors;

namespace Postern.Login.Pages.Factors;

/// <summary>The question for a second factor: after the password, or before something that needs a fresh proof.</summary>
public sealed class FactorModel : PageModel
{
    /// <summary>The headline.</summary>
    public required string Title { get; init; }

    /// <summary>Why it is asked.</summary>
    public required string Lead { get; init; }

    /// <summary>The account's e-mail address.</summary>
    public required string Email { get; init; }

    /// <summary>Where the form goes.</summary>
    public required string FormAction { get; init; }

    /// <summary>Where to go afterwards.</summary>
    public required string ReturnUrl { get; init; }

    /// <summary>What is asked for in the field: a code, a recovery code or the password; null for a passkey alone.</summary>
    public required string? Method { get; init; }

    /// <summary>Whether the account has an authenticator app.</summary>
    public required bool HasAuthenticator { get; init; }

    /// <summary>Whether recovery codes are left.</summary>
    public required bool HasRecoveryCodes { get; init; }

    /// <summary>The question for a passkey, or null when the account has none that this browser could use.</summary>
    public PasskeyCeremony? Passkey { get; init; }

    /// <summary>Why the last attempt failed, or null.</summary>
    public string? Error { get; init; }

    /// <inheritdoc/>
    public override bool HasScript => Passkey is not null;
}
