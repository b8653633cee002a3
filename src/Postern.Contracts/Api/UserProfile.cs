using System.Text.Json.Serialization;

namespace Postern.Contracts.Api;

/// <summary>The account of a person: <c>GET /users/me</c> and <c>GET /users/{id}</c>.</summary>
public sealed record UserProfile
{
    /// <summary>The user id, equal to the token's <c>sub</c>.</summary>
    public string Id { get; set; } = "";

    /// <summary>The unique short name.</summary>
    public string Username { get; set; } = "";

    /// <summary>The address the person signs in with.</summary>
    public string Email { get; set; } = "";

    /// <summary>The given name; empty when not told.</summary>
    public string FirstName { get; set; } = "";

    /// <summary>The family name; empty when not told.</summary>
    public string LastName { get; set; } = "";

    /// <summary>The address of a picture; empty when there is none.</summary>
    public string Picture { get; set; } = "";

    /// <summary>The company; empty when not told.</summary>
    public string Company { get; set; } = "";

    /// <summary>The web site; empty when not told.</summary>
    public string Website { get; set; } = "";

    /// <summary>The country as ISO 3166-1 alpha-2; empty when not told.</summary>
    public string Country { get; set; } = "";

    /// <summary>True when the account may not be used.</summary>
    public bool Deactivated { get; set; }

    /// <summary>The name space of the account.</summary>
    public string Namespace { get; set; } = "";

    /// <summary>True when the address was confirmed.</summary>
    public bool EmailVerified { get; set; }

    /// <summary>True when a telephone number was confirmed.</summary>
    public bool PhoneNumberVerified { get; set; }

    /// <summary>True when a second factor is enrolled; left out for who may not know it of this person.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? MfaEnabled { get; set; }

    /// <summary>True when the account signs in through a provider of its organization.</summary>
    public bool SsoEnabled { get; set; }

    /// <summary>How the person agreed to the terms; null when not asked.</summary>
    public string? ConsentMethod { get; set; }

    /// <summary>When the account was made.</summary>
    public DateTimeOffset? CreatedAt { get; set; }

    /// <summary>When the account last changed.</summary>
    public DateTimeOffset? UpdatedAt { get; set; }
}
