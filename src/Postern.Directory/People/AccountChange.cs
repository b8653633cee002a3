namespace Postern.Directory.People;

/// <summary>What people are told of; the words are the kinds of the mails that wait in the database.</summary>
public static class AccountChange
{
    /// <summary>An SSH key was added.</summary>
    public const string SshKeyAdded = "ssh_key_added";

    /// <summary>An API token was made.</summary>
    public const string ApiTokenMade = "api_token_made";

    /// <summary>An authenticator app was set up.</summary>
    public const string AuthenticatorAdded = "authenticator_added";

    /// <summary>The authenticator app was removed.</summary>
    public const string AuthenticatorRemoved = "authenticator_removed";

    /// <summary>A passkey was added.</summary>
    public const string PasskeyAdded = "passkey_added";

    /// <summary>A passkey was removed.</summary>
    public const string PasskeyRemoved = "passkey_removed";

    /// <summary>The recovery codes were replaced by new ones.</summary>
    public const string RecoveryCodesMade = "recovery_codes_made";

    /// <summary>A recovery code was used.</summary>
    public const string RecoveryCodeUsed = "recovery_code_used";
}
