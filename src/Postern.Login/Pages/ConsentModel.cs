using Postern.Directory.People;

namespace Postern.Login.Pages;

/// <summary>Who asks for what.</summary>
public sealed class ConsentModel : PageModel
{
    /// <summary>The program that asks.</summary>
    public required string ClientName { get; init; }

    /// <summary>The address that gets the answer.</summary>
    public required string ReturnsTo { get; init; }

    /// <summary>The person who is signed in.</summary>
    public required User User { get; init; }

    /// <summary>Whether the program gets a refresh token.</summary>
    public required bool StaysSignedIn { get; init; }

    /// <summary>The lifetimes that the page names.</summary>
    public required LoginOptions Options { get; init; }

    /// <summary>Where the form goes: the request itself.</summary>
    public required string FormAction { get; init; }

    /// <summary>The sign-in page, to be somebody else.</summary>
    public required string OtherAccountLink { get; init; }
}
