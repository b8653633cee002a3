using Postern.Directory.Organizations;

namespace Postern.Login.Accounts;

/// <summary>The outcome of inviting somebody.</summary>
/// <param name="Invitation">The invitation, or null when there is none.</param>
/// <param name="Link">The link to hand over by other means, when this server cannot send mail; it is shown once and never logged.</param>
/// <param name="IsForbidden">Whether the person may not do this at all.</param>
/// <param name="Faults">What was wrong, each a sentence for the person; empty when it was done.</param>
public sealed record InvitationResult(Invitation? Invitation, string? Link, bool IsForbidden, IReadOnlyList<string> Faults)
{
    /// <summary>Whether it was done.</summary>
    public bool IsDone => Faults.Count == 0;

    internal static InvitationResult Forbidden { get; } =
        new(null, null, true, ["Only an owner or administrator of the organization may do this, and only an owner may make owners."]);

    internal static InvitationResult Refused(string fault) => new(null, null, false, [fault]);
}
