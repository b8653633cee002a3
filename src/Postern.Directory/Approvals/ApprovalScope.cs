namespace Postern.Directory.Approvals;

/// <summary>What an approval is good for, and nothing else.</summary>
/// <param name="UserId">The person.</param>
/// <param name="SshKeyId">The registered key.</param>
/// <param name="OrganizationId">The organization.</param>
/// <param name="Source">Where from, as <see cref="SshApproval.Source"/> has it.</param>
public sealed record ApprovalScope(Guid UserId, int SshKeyId, string OrganizationId, string Source);
