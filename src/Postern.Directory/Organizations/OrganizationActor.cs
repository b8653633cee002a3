namespace Postern.Directory.Organizations;

/// <summary>Who wants to change something in an organization.</summary>
/// <param name="UserId">The account.</param>
/// <param name="HasMfa">Whether the sign-in had a second factor.</param>
/// <param name="RequestId">The request, for the audit trail, or null.</param>
public sealed record OrganizationActor(Guid UserId, bool HasMfa, string? RequestId);
