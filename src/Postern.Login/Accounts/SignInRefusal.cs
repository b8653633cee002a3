namespace Postern.Login.Accounts;

/// <summary>Why somebody was not signed in.</summary>
internal enum SignInRefusal
{
    /// <summary>The address or the password is wrong; which of them is not said.</summary>
    WrongCredentials,

    /// <summary>The password is right, but an administrator disabled the account. Only who knows the password hears this.</summary>
    Disabled,

    /// <summary>The password is right, but the person has to sign in at their provider. Only who knows the password hears this.</summary>
    SsoRequired,

    /// <summary>The account is locked or the caller too eager; known and unknown addresses look the same.</summary>
    TooManyAttempts,
}
