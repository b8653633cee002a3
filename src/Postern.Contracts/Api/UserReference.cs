using System.Text.Json.Serialization;

namespace Postern.Contracts.Api;

/// <summary>What a list shows of a person: a value of <c>GET /ref/users?in=</c>.</summary>
public sealed record UserReference
{
    /// <summary>The user id.</summary>
    public string Id { get; set; } = "";

    /// <summary>The unique short name.</summary>
    public string Username { get; set; } = "";

    /// <summary>The address.</summary>
    public string Email { get; set; } = "";

    /// <summary>The given name.</summary>
    public string FirstName { get; set; } = "";

    /// <summary>The family name.</summary>
    public string LastName { get; set; } = "";

    /// <summary>The address of a picture; empty when there is none.</summary>
    public string Picture { get; set; } = "";

    /// <summary>True when a second factor is enrolled; left out for who may not know it of this person.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? MfaEnabled { get; set; }

    /// <summary>True when the account signs in through a provider.</summary>
    public bool SsoEnabled { get; set; }
}
