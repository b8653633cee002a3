using Postern.Directory.People;

namespace Postern.Login.Pages;

/// <summary>Who is signed in.</summary>
public sealed class AccountModel : PageModel
{
    /// <summary>The person who is signed in.</summary>
    public required User User { get; init; }
}
