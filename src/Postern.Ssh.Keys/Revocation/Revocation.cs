namespace Postern.Ssh.Keys;

/// <summary>Why a key or certificate is revoked.</summary>
public enum Revocation
{
    /// <summary>It is not.</summary>
    None,

    /// <summary>The key, or the key in the certificate, is listed or its fingerprint is.</summary>
    Key,

    /// <summary>The key of the authority that signed the certificate is listed or its fingerprint is.</summary>
    Authority,

    /// <summary>The certificate's serial is.</summary>
    Serial,

    /// <summary>The certificate's key id is.</summary>
    KeyId,
}
