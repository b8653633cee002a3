namespace Postern.Login.SingleSignOn;

/// <summary>Why a provider did not serve.</summary>
internal enum ProviderFailure
{
    /// <summary>It does not answer, or says itself that it cannot now.</summary>
    Unreachable,

    /// <summary>It is where providers may not be.</summary>
    NotAllowed,

    /// <summary>It says something that no provider may say.</summary>
    Invalid,

    /// <summary>It does not know us, or refuses what we ask.</summary>
    Refused,
}
