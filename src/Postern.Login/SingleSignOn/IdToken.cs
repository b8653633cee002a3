namespace Postern.Login.SingleSignOn;

/// <summary>What a provider says of a person, after everything about it was checked.</summary>
internal sealed record IdToken
{
    /// <summary>The person's id there.</summary>
    public required string Subject { get; init; }

    /// <summary>The address, or null when it does not say.</summary>
    public string? Email { get; init; }

    /// <summary>Whether the provider says that the address is the person's.</summary>
    public bool IsEmailVerified { get; init; }

    public string FirstName { get; init; } = "";

    public string LastName { get; init; } = "";

    /// <summary>When the person proved who they are there, or null when it does not say.</summary>
    public DateTimeOffset? AuthTime { get; init; }

    /// <summary>Whether it says that there was more than one factor.</summary>
    public bool HasMfa { get; init; }
}
