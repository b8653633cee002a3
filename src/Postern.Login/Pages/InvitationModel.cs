using Postern.Directory.Organizations;
using Postern.Login.Accounts;

namespace Postern.Login.Pages;

/// <summary>An invitation as the holder of its link sees it.</summary>
public sealed class InvitationModel : PageModel
{
    /// <summary>The organization's name for people.</summary>
    public required string Organization { get; init; }

    /// <summary>What the person will be there.</summary>
    public required OrganizationRole Role { get; init; }

    /// <summary>The address that was invited.</summary>
    public required string Email { get; init; }

    /// <summary>Whether there is an account with this address.</summary>
    public required bool HasAccount { get; init; }

    /// <summary>Who is signed in to this browser, or null.</summary>
    public string? SignedInAs { get; init; }

    /// <summary>Whether that is the account that was invited.</summary>
    public bool IsSignedInAsInvited { get; init; }

    /// <summary>What that account gathered before its address was confirmed; nothing for one whose address is.</summary>
    public required AccountBelongings Belongings { get; init; }

    /// <summary>The sign-in page, which comes back here.</summary>
    public required string SignInLink { get; init; }

    /// <summary>The provider at which who has this address may sign in, or null.</summary>
    public string? SsoProvider { get; init; }

    /// <summary>Whether they sign in there and in no other way.</summary>
    public bool IsSsoRequired { get; init; }

    /// <summary>The link to it, which comes back here.</summary>
    public string SsoLink { get; init; } = "";

    /// <summary>Given name that was typed.</summary>
    public string FirstName { get; init; } = "";

    /// <summary>Family name that was typed.</summary>
    public string LastName { get; init; } = "";

    /// <summary>Whether a passkey may take the place of the password.</summary>
    public bool OffersPasskey { get; init; }

    /// <summary>What was wrong, each a sentence.</summary>
    public IReadOnlyList<string> Faults { get; init; } = [];
}
