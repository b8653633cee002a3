namespace Postern.Directory.SingleSignOn;

/// <summary>What a provider shall be; its name stays.</summary>
public sealed record ProviderChange
{
    /// <summary>Name for people.</summary>
    public required string Label { get; init; }

    /// <summary>Issuer identifier; whoever fills it in checks that it is an address that may be asked.</summary>
    public required string Issuer { get; init; }

    /// <summary>Our client id there.</summary>
    public required string ClientId { get; init; }

    /// <summary>Our client secret there; null keeps the present one.</summary>
    public string? Secret { get; init; }

    /// <summary>Those of the organization's domains whose people sign in there.</summary>
    public required IReadOnlyCollection<string> Domains { get; init; }

    /// <summary>Whether whoever it knows in its domains gets an account.</summary>
    public bool CreatesPeople { get; init; }

    /// <summary>Whether its word that there was a second factor counts.</summary>
    public bool IsTrustedForMfa { get; init; }
}
