namespace Postern.Login.Pages;

/// <summary>The pages that a person who is signed in walks between.</summary>
public enum AccountTab
{
    /// <summary>Who they are.</summary>
    Account,

    /// <summary>Password and second factors.</summary>
    Security,

    /// <summary>Registered public keys.</summary>
    SshKeys,

    /// <summary>Secrets for tools.</summary>
    ApiTokens,

    /// <summary>Where they are signed in.</summary>
    Sessions,

    /// <summary>Second factors that they typed inside ssh.</summary>
    Approvals,

    /// <summary>The organizations they belong to.</summary>
    Organizations,
}
