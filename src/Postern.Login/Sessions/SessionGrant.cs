namespace Postern.Login.Sessions;

/// <summary>How sessions begin, as their rows and the <c>grant</c> claim name it.</summary>
internal static class SessionGrant
{
    /// <summary>A person signed in to the pages of this server with a password.</summary>
    public const string Browser = "password";

    /// <summary>A person signed in to the pages of this server with a passkey alone.</summary>
    public const string Passkey = "passkey";

    /// <summary>A person came to the pages of this server from the provider of their organization.</summary>
    public const string Sso = "sso";

    /// <summary>A client exchanged an authorization code.</summary>
    public const string AuthorizationCode = "authorization_code";

    /// <summary>A client exchanged an API token.</summary>
    public const string ApiToken = "api_token";

    /// <summary>A client exchanged a device code.</summary>
    public const string DeviceCode = "device_code";

    /// <summary>The client id of sessions that a browser holds with the pages of this server.</summary>
    public const string BrowserClientId = "browser";
}
