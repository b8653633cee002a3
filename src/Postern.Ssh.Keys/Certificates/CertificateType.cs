namespace Postern.Ssh.Keys;

/// <summary>What a certificate vouches for.</summary>
public enum CertificateType
{
    /// <summary>A person's key.</summary>
    User = 1,

    /// <summary>A server's key.</summary>
    Host = 2,
}
