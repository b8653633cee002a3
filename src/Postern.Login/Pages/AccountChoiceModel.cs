using Postern.Directory.People;

namespace Postern.Login.Pages;

/// <summary>As whom to go on, for a program that asks for it (<c>prompt=select_account</c>, OpenID Connect Core section 3.1.2.1).</summary>
public sealed class AccountChoiceModel : PageModel
{
    /// <summary>The program that asks.</summary>
    public required string ClientName { get; init; }

    /// <summary>The person who is signed in in this browser.</summary>
    public required User User { get; init; }

    /// <summary>Goes on as this person: the request itself, without the question that is answered.</summary>
    public required string ContinueLink { get; init; }

    /// <summary>Signs in as somebody else, and then goes on with the request.</summary>
    public required string OtherAccountLink { get; init; }
}
