namespace Postern.Directory.Routing;

/// <summary>Whether a session still counts.</summary>
public enum SessionState
{
    /// <summary>It counts.</summary>
    Live,

    /// <summary>It was ended: logout, reuse of a token, an operator, or its API token was revoked.</summary>
    Revoked,

    /// <summary>It, or its API token, is past its end.</summary>
    Expired,
}
