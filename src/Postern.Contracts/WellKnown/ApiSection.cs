using System.Text.Json.Serialization;

namespace Postern.Contracts.WellKnown;

/// <summary>Where the API and the login are.</summary>
public sealed record ApiSection
{
    /// <summary>The address of the REST API.</summary>
    public string BaseUrl { get; set; } = "";

    /// <summary>The address of the login server.</summary>
    public string AuthUrl { get; set; } = "";

    /// <summary>The address of the certificate authority; the login server when absent.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? CertifierUrl { get; set; }

    /// <summary>The client id; <c>postern-cli</c> when absent.</summary>
    [JsonPropertyName("oauth2_client_id")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Oauth2ClientId { get; set; }

    /// <summary>The authorization endpoint; <c>/oauth2/authorize</c> at the login server when absent.</summary>
    [JsonPropertyName("oauth2_auth_url")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Oauth2AuthUrl { get; set; }

    /// <summary>The token endpoint; <c>/oauth2/token</c> when absent.</summary>
    [JsonPropertyName("oauth2_token_url")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Oauth2TokenUrl { get; set; }

    /// <summary>The revocation endpoint; <c>/oauth2/revoke</c> when absent.</summary>
    [JsonPropertyName("oauth2_revoke_url")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Oauth2RevokeUrl { get; set; }

    /// <summary>The device authorization endpoint (RFC 8628); <c>/oauth2/device_authorization</c> when absent.</summary>
    [JsonPropertyName("oauth2_device_authorization_url")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Oauth2DeviceAuthorizationUrl { get; set; }

    /// <summary>True when there are organizations.</summary>
    public bool Organizations { get; set; } = true;

    /// <summary>True when access is listed by extended-access.</summary>
    public bool CentralizedPermissions { get; set; } = true;

    /// <summary>True when there are teams.</summary>
    public bool Teams { get; set; }

    /// <summary>True when telephone numbers are verified.</summary>
    public bool UserVerification { get; set; }

    /// <summary>Shows only projects of this vendor; null shows all.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? VendorFilter { get; set; }
}
