namespace Postern.Contracts.Api;

/// <summary>The body of <c>POST /users/{id}/api-tokens</c>. What else is in it does not count.</summary>
public sealed record ApiTokenCreation
{
    /// <summary>A name for people.</summary>
    public string Name { get; set; } = "";

    /// <summary>When it stops working, or null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; set; }

    /// <summary>The only project that it reaches, or null for all of the account.</summary>
    public string? Project { get; set; }

    /// <summary>Whether it may only look.</summary>
    public bool ReadOnly { get; set; }
}
