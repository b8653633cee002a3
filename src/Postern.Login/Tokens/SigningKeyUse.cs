namespace Postern.Login.Tokens;

/// <summary>What a published key of access tokens is used for now.</summary>
public enum SigningKeyUse
{
    /// <summary>Published ahead, so that everybody knows it when it signs.</summary>
    SignsSoon,

    /// <summary>Signs the tokens that are made now.</summary>
    Signs,

    /// <summary>Signs no more; tokens that it signed still count.</summary>
    Verifies,
}
