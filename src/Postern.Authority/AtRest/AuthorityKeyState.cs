namespace Postern.Authority;

/// <summary>Where a key of an authority stands in its life: it only ever moves on.</summary>
public enum AuthorityKeyState
{
    /// <summary>It signs, and what it signed is trusted. Each purpose has exactly one such key.</summary>
    Active = 1,

    /// <summary>It signs no more, but what it signed is still trusted.</summary>
    Trusted = 2,

    /// <summary>Nothing that it signed is trusted.</summary>
    Retired = 3,
}
