namespace Postern.Ssh.Client;

/// <summary>Whether a server is the right one.</summary>
/// <param name="IsAccepted">Whether to go on.</param>
/// <param name="Reason">Why not, in a sentence for the person; of no meaning when accepted.</param>
public readonly record struct HostKeyDecision(bool IsAccepted, string Reason)
{
    /// <summary>It is the right one.</summary>
    public static HostKeyDecision Accepted => new(true, "accepted");

    /// <summary>It is not, or nobody can say.</summary>
    public static HostKeyDecision Refused(string reason) => new(false, reason);
}
