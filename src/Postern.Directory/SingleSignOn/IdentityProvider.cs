namespace Postern.Directory.SingleSignOn;

/// <summary>An OpenID Connect provider at which people of an organization sign in.</summary>
public sealed class IdentityProvider
{
    /// <summary>Its row.</summary>
    public Guid Id { get; set; }

    /// <summary>The organization whose people it knows.</summary>
    public required string OrganizationId { get; set; }

    /// <summary>
    /// Short name, unique on this server since tokens and certificates name it: <c>sso:acme</c>. Never changed, for it is part of
    /// the address that the provider sends people back to.
    /// </summary>
    public required string Name { get; set; }

    /// <summary>Name for people.</summary>
    public required string Label { get; set; }

    /// <summary>Issuer identifier, to the character as the provider says it (OpenID Connect Core section 2).</summary>
    public required string Issuer { get; set; }

    /// <summary>Our client id there.</summary>
    public required string ClientId { get; set; }

    /// <summary>Our client secret there, encrypted (<see cref="SsoProtection"/>).</summary>
    public required byte[] ProtectedSecret { get; set; }

    /// <summary>True when people of its domains sign in here and in no other way.</summary>
    public bool IsEnforced { get; set; }

    /// <summary>True when whoever it knows in its domains gets an account; else an invitation or an account must be there.</summary>
    public bool CreatesPeople { get; set; }

    /// <summary>True when its word that there was a second factor counts as MFA.</summary>
    public bool IsTrustedForMfa { get; set; }

    /// <summary>When it was added.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>When it last changed.</summary>
    public DateTimeOffset UpdatedAt { get; set; }

    /// <summary>The method that tokens, certificates and step-up demands name it by.</summary>
    public string Method => SsoMethod.Of(Name);
}
