namespace Postern.Directory.Approvals;

/// <summary>An approval as its owner sees it.</summary>
/// <param name="Approval">The approval.</param>
/// <param name="KeyTitle">The name of the key.</param>
/// <param name="KeyFingerprint">The SHA-256 fingerprint of the key.</param>
/// <param name="OrganizationLabel">The name of the organization.</param>
public sealed record ListedApproval(SshApproval Approval, string KeyTitle, string KeyFingerprint, string OrganizationLabel);
