namespace Postern.Authority;

/// <summary>What an authority's key signs; each purpose has keys of its own.</summary>
public enum AuthorityPurpose
{
    /// <summary>Certificates of people, which gateways trust.</summary>
    UserCertificates = 1,

    /// <summary>Certificates of gateways, which people's clients trust.</summary>
    HostCertificates = 2,
}
