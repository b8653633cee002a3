namespace Postern.Contracts.Api;

/// <summary>An item of the body of <c>POST /projects/{id}/user-access</c>. What else is in it does not count.</summary>
public sealed record UserAccessGrant
{
    /// <summary>The account.</summary>
    public string? UserId { get; set; }

    /// <summary>Its roles, as <see cref="UserAccess.Permissions"/> has them.</summary>
    public IReadOnlyList<string>? Permissions { get; set; }
}
