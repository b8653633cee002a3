using System.Text.Json.Serialization;

namespace Postern.Contracts.Api;

/// <summary>An offer to join an organization: an item of <c>GET /organizations/{id}/invitations</c>.</summary>
public sealed record OrganizationInvitation
{
    /// <summary>Its id.</summary>
    public string Id { get; set; } = "";

    /// <summary>The organization.</summary>
    public string OrganizationId { get; set; } = "";

    /// <summary>The address that is invited.</summary>
    public string Email { get; set; } = "";

    /// <summary>What the person will be: <c>owner</c>, <c>admin</c> or <c>member</c>.</summary>
    public IReadOnlyList<string> Permissions { get; set; } = [];

    /// <summary><c>pending</c>, or <c>expired</c> when it has to be sent again.</summary>
    public string State { get; set; } = "";

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>When it was last sent.</summary>
    public DateTimeOffset UpdatedAt { get; set; }

    /// <summary>When it stops being good.</summary>
    public DateTimeOffset ExpiresAt { get; set; }

    /// <summary>The link to hand over by other means, only in the answer that makes it, and only where the server sends no mail.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Link { get; set; }
}
