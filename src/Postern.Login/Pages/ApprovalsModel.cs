using Postern.Directory.Approvals;

namespace Postern.Login.Pages;

/// <summary>Where a person typed a second factor inside ssh that is remembered.</summary>
public sealed class ApprovalsModel : PageModel
{
    /// <summary>The approvals that hold now, the newest first.</summary>
    public required IReadOnlyList<ListedApproval> Approvals { get; init; }

    /// <summary>The time that ages are counted from.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>What was just done, or null.</summary>
    public string? Notice { get; init; }
}
