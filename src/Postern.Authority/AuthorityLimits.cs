namespace Postern.Authority;

/// <summary>The authority's fixed numbers, each with its reason.</summary>
public static class AuthorityLimits
{
    /// <summary>
    /// How far before now a certificate begins, so that a server whose clock is behind accepts it at once. It says
    /// nothing of the end, which is exact.
    /// </summary>
    public static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(60);

    /// <summary>The least lifetime: below it, clients renew all the time (they do so 120 seconds before the end).</summary>
    public static readonly TimeSpan MinimumLifetime = TimeSpan.FromMinutes(1);

    /// <summary>The longest lifetime of a user certificate: they are short-lived by design.</summary>
    public static readonly TimeSpan MaximumUserLifetime = TimeSpan.FromDays(1);

    /// <summary>The longest lifetime of a host certificate.</summary>
    public static readonly TimeSpan MaximumHostLifetime = TimeSpan.FromDays(366);

    /// <summary>How old the known keys may be when they sign: what one process rotates, the others use this soon.</summary>
    public static readonly TimeSpan KeyRefresh = TimeSpan.FromSeconds(5);

    /// <summary>Characters of a token id or access id; a JWT's id is a GUID.</summary>
    public const int Identifier = 256;

    /// <summary>Bytes of the JSON in an extension: two of them and all the rest stay below the 64 KiB that readers take.</summary>
    public const int Json = 16 * 1024;

    /// <summary>Nesting of that JSON; an access document has four levels.</summary>
    public const int JsonDepth = 32;

    /// <summary>Characters of a host name or pattern; DNS allows 253.</summary>
    public const int HostPrincipal = 255;
}
