namespace Postern.Login.Factors;

/// <summary>What the audit trail calls changes of second factors.</summary>
internal static class FactorAction
{
    public const string AuthenticatorAdded = "account.authenticator.added";
    public const string AuthenticatorRemoved = "account.authenticator.removed";
    public const string PasskeyAdded = "account.passkey.added";
    public const string PasskeyRenamed = "account.passkey.renamed";
    public const string PasskeyRemoved = "account.passkey.removed";
    public const string RecoveryCodesMade = "account.recovery_codes.made";
    public const string RecoveryCodeUsed = "account.recovery_code.used";
    public const string Reset = "account.factors.reset";
}
