namespace Postern.Ssh.Keys;

/// <summary>The largest sizes that a certificate's fields may have, each with its reason.</summary>
public static class CertificateLimits
{
    /// <summary>Bytes of a nonce; everybody uses 32.</summary>
    public const int Nonce = 256;

    /// <summary>Bytes of a key id, which goes into logs; ours are 36.</summary>
    public const int KeyId = 1024;

    /// <summary>Principals in a certificate; OpenSSH stops at 256 too.</summary>
    public const int Principals = 256;

    /// <summary>Bytes of one principal; longer than any user or host name.</summary>
    public const int Principal = 1024;

    /// <summary>Critical options, or extensions, in a certificate; eleven are in use.</summary>
    public const int Options = 128;

    /// <summary>Bytes of an option's value; an access document of a person with hundreds of projects fits.</summary>
    public const int OptionValue = 32 * 1024;

    /// <summary>Bytes of the reserved field, which is not looked at.</summary>
    public const int Reserved = 1024;

    /// <summary>Address ranges in a <c>source-address</c> option.</summary>
    public const int SourceAddresses = 64;
}
