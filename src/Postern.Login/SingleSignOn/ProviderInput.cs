using Postern.Directory.SingleSignOn;

namespace Postern.Login.SingleSignOn;

/// <summary>What somebody types to describe a provider.</summary>
public sealed record ProviderInput
{
    /// <summary>Characters of a client secret: Entra's have 40, and a JWT would still fit.</summary>
    private const int LongestSecret = 2048;

    /// <summary>Characters of a label, a client id and an issuer, as the database keeps them.</summary>
    private const int LongestText = 255;

    /// <summary>Short name.</summary>
    public required string Name { get; init; }

    /// <summary>Name for people.</summary>
    public required string Label { get; init; }

    /// <summary>Issuer identifier.</summary>
    public required string Issuer { get; init; }

    /// <summary>Our client id there.</summary>
    public required string ClientId { get; init; }

    /// <summary>Our client secret there; empty keeps the present one.</summary>
    public required string Secret { get; init; }

    /// <summary>The domains whose people sign in there.</summary>
    public required IReadOnlyCollection<string> Domains { get; init; }

    /// <summary>Whether whoever it knows in its domains gets an account.</summary>
    public bool CreatesPeople { get; init; }

    /// <summary>Whether its word that there was a second factor counts.</summary>
    public bool IsTrustedForMfa { get; init; }

    /// <summary>Everything that is wrong with it, each a sentence.</summary>
    /// <param name="isNew">Whether there is no present secret to keep.</param>
    /// <param name="options">Says which hosts may be asked.</param>
    public IReadOnlyList<string> FindFaults(bool isNew, LoginOptions options)
    {
        var faults = new List<string>();
        if (!SsoMethod.IsName(Name))
        {
            faults.Add($"The short name has 1 to {SsoMethod.LongestName} lower-case letters, digits and single hyphens between them.");
        }

        if (!IsLine(Label, LongestText))
        {
            faults.Add("Give the provider a name for people, on one line.");
        }

        if (Issuer.Length > SsoIdentity.MaximumIssuerLength || Issuer.Contains('?', StringComparison.Ordinal) || !ProviderAddress.IsAllowed(Issuer, options.SsoInternalHosts))
        {
            faults.Add($"The issuer is an address with https of at most {SsoIdentity.MaximumIssuerLength} characters, without a query.");
        }

        if (!IsLine(ClientId, LongestText))
        {
            faults.Add("The client id is missing, or is too long.");
        }

        if (Secret.Length > LongestSecret || Secret.Any(char.IsControl) || (isNew && Secret.Length == 0))
        {
            faults.Add("The client secret is missing, or is too long.");
        }

        return faults;
    }

    /// <summary>What the provider shall be.</summary>
    public ProviderChange ToChange() => new()
    {
        Label = Label,
        Issuer = Issuer,
        ClientId = ClientId,
        Secret = Secret.Length == 0 ? null : Secret,
        Domains = Domains,
        CreatesPeople = CreatesPeople,
        IsTrustedForMfa = IsTrustedForMfa,
    };

    private static bool IsLine(string text, int longest) => text.Trim().Length > 0 && text.Length <= longest && !text.Any(char.IsControl);
}
