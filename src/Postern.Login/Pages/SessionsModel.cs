using Postern.Directory.Sessions;

namespace Postern.Login.Pages;

/// <summary>Where a person is signed in.</summary>
public sealed class SessionsModel : PageModel
{
    /// <summary>The session of this browser.</summary>
    public required Guid CurrentSession { get; init; }

    /// <summary>All sessions that hold now.</summary>
    public required IReadOnlyList<Session> Sessions { get; init; }

    /// <summary>The clients, whose names the page shows.</summary>
    public required LoginOptions Options { get; init; }

    /// <summary>The time that ages are counted from.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>What was just done, or null.</summary>
    public string? Notice { get; init; }
}
