namespace Postern.Login.Sessions;

/// <summary>Why a session ended early, as its row keeps it.</summary>
internal static class SessionEnd
{
    public const string SignedOut = "signed out";
    public const string EndedByOwner = "ended from the account page";
    public const string EndedByClient = "revoked by the client";
    public const string CodeReused = "authorization code used twice";
    public const string RefreshTokenReused = "refresh token used twice";
    public const string DeviceCodeReused = "device code used twice";
    public const string Replaced = "replaced by a new sign-in";
    public const string PasswordChanged = "password changed";
    public const string AccountDisabled = "account disabled";
    public const string FactorRemoved = "second factor removed";
    public const string FactorAdded = "second factor added";
    public const string FactorsReset = "second factors reset";
    public const string ApiTokenRevoked = "API token revoked";
    public const string SsoEnded = "the provider no longer knows the sign-in";
    public const string SsoUnreachable = "the provider could not be asked for too long";
    public const string ProviderRemoved = "the provider was removed";
    public const string TooManyOfApiToken = "too many sessions of the API token";
    public const string AddressProved = "the address of the account was proved";
    public const string AccountDeleted = "account deleted";
}
