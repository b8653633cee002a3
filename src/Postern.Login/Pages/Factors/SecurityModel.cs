using Postern.Login.Factors;

namespace Postern.Login.Pages.Factors;

/// <summary>How a person signs in.</summary>
public sealed class SecurityModel : PageModel
{
    /// <summary>What the account has.</summary>
    public required FactorStatus Factors { get; init; }

    /// <summary>Whether browsers can make passkeys for this server.</summary>
    public required bool CanHavePasskeys { get; init; }

    /// <summary>An organization that asks for a second factor, or null.</summary>
    public required string? RequiredBy { get; init; }

    /// <summary>Whether the person signs in at a provider, or in another way without a password.</summary>
    public required bool HasNoPassword { get; init; }

    /// <summary>The time that ages are counted from.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>What was just done, or null.</summary>
    public string? Notice { get; init; }
}
