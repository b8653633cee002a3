namespace Postern.Contracts.Api;

/// <summary>The body of <c>PATCH /organizations/{id}/members/{user}</c>. What else is in it does not count.</summary>
public sealed record OrganizationMemberChange
{
    /// <summary>What the person shall be: one of <c>owner</c>, <c>admin</c>, <c>member</c>.</summary>
    public IReadOnlyList<string>? Permissions { get; set; }
}
