namespace Postern.Directory.Certificates;

/// <summary>Where a key of the authority is in its life.</summary>
public enum AuthorityKeyState
{
    /// <summary>Signs new certificates and is trusted.</summary>
    Active,

    /// <summary>Signs no more; certificates it signed are still trusted.</summary>
    Trusted,

    /// <summary>No longer trusted.</summary>
    Retired,
}
