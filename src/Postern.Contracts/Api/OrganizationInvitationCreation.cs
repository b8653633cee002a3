namespace Postern.Contracts.Api;

/// <summary>The body of <c>POST /organizations/{id}/invitations</c>. What else is in it does not count.</summary>
public sealed record OrganizationInvitationCreation
{
    /// <summary>The address to invite.</summary>
    public string Email { get; set; } = "";

    /// <summary>What the person shall be: one of <c>owner</c>, <c>admin</c>, <c>member</c>.</summary>
    public IReadOnlyList<string>? Permissions { get; set; }

    /// <summary>Whether to send an invitation again that is open for the address; links sent before stop working.</summary>
    public bool Force { get; set; }
}
