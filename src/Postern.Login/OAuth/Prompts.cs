namespace Postern.Login.OAuth;

/// <summary>What the client wants the person to be asked (OpenID Connect Core section 3.1.2.1). Consent is always asked for.</summary>
[Flags]
internal enum Prompts
{
    /// <summary>No wish was sent.</summary>
    Unspecified = 0,

    /// <summary><c>none</c>: show no page.</summary>
    Silent = 1,

    /// <summary><c>login</c>: ask for the password even when signed in.</summary>
    Login = 2,

    /// <summary><c>consent</c>: which is the rule here anyway.</summary>
    Consent = 4,

    /// <summary><c>select_account</c>: let the person choose another account.</summary>
    SelectAccount = 8,
}
