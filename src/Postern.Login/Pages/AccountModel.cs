using Postern.Directory.People;
using Postern.Directory.Sessions;

namespace Postern.Login.Pages;

/// <summary>Who is signed in, and where.</summary>
public sealed class AccountModel : PageModel
{
    /// <summary>The person who is signed in.</summary>
    public required User User { get; init; }

    /// <summary>The session of this browser.</summary>
    public required Guid CurrentSession { get; init; }

    /// <summary>All sessions that hold now.</summary>
    public required IReadOnlyList<Session> Sessions { get; init; }

    /// <summary>The lifetimes that the page names.</summary>
    public required LoginOptions Options { get; init; }

    /// <summary>The time that ages are counted from.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>What was just done, or null.</summary>
    public string? Notice { get; init; }
}
