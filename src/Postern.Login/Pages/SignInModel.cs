using Postern.Login.Factors;

namespace Postern.Login.Pages;

/// <summary>The sign-in form.</summary>
public sealed class SignInModel : PageModel
{
    /// <summary>Where to go after signing in.</summary>
    public required string ReturnUrl { get; init; }

    /// <summary>The program that wants the person to sign in, or null when they came by themselves.</summary>
    public string? ClientName { get; init; }

    /// <summary>What was typed before, so that nobody types it twice.</summary>
    public string Email { get; init; } = "";

    /// <summary>Whether some people sign in at a provider of their organization.</summary>
    public bool OffersSso { get; init; }

    /// <summary>Why the last attempt failed, or null.</summary>
    public string? Error { get; init; }

    /// <summary>Who is signed in already, when another account is asked for.</summary>
    public string? SignedInAs { get; init; }

    /// <summary>What was just done, or null.</summary>
    public string? Notice { get; init; }

    /// <summary>The question for a passkey, which may take the place of all else; null where browsers cannot use one.</summary>
    public PasskeyCeremony? Passkey { get; init; }

    /// <inheritdoc/>
    public override bool HasScript => Passkey is not null;
}
