using Postern.Directory.People;

namespace Postern.Login.Pages;

/// <summary>Who is signed in.</summary>
public sealed class AccountModel : PageModel
{
    /// <summary>The person who is signed in.</summary>
    public required User User { get; init; }

    /// <summary>Whether a mail to confirm the address can be sent.</summary>
    public required bool CanSendMail { get; init; }

    /// <summary>Whether the person has to sign in at a provider, so that no password of theirs counts here.</summary>
    public required bool HasPasswordElsewhere { get; init; }

    /// <summary>What was just done, or null.</summary>
    public string? Notice { get; init; }
}
