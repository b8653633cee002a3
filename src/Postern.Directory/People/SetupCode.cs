namespace Postern.Directory.People;

/// <summary>A code by which the first account of a server is made, kept as a hash; all end when there is one.</summary>
public sealed class SetupCode
{
    /// <summary>SHA-256 of the code without its hyphens, lower-case hex.</summary>
    public required string CodeHash { get; set; }

    /// <summary>When it was printed.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>When it stops working.</summary>
    public DateTimeOffset ExpiresAt { get; set; }
}
