using Postern.Directory.Approvals;
using Postern.Gateway.Refusals;

namespace Postern.Gateway.Routing;

/// <summary>Whether somebody may enter: exactly one of the two is set.</summary>
/// <param name="Grant">The permission.</param>
/// <param name="Refusal">Why not.</param>
public sealed record GrantDecision(Grant? Grant, Refusal? Refusal)
{
    /// <summary>What a second factor would have to be proved for, where that would turn the no into another answer.</summary>
    public ApprovalScope? Missing { get; init; }

    /// <summary>A yes.</summary>
    public static GrantDecision Yes(Grant grant) => new(grant, null);

    /// <summary>A no, with its cure.</summary>
    public static GrantDecision No(RefusalCode code, string fix) => new(null, new Refusal(code, fix));
}
