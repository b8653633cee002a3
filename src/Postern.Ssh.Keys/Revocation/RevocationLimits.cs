namespace Postern.Ssh.Keys;

/// <summary>The largest sizes that a revocation list may have, each with its reason.</summary>
public static class RevocationLimits
{
    /// <summary>Bytes of a whole list: two million serials fit, and it is read into memory at once.</summary>
    public const int File = 16 * 1024 * 1024;

    /// <summary>
    /// Entries in all: keys, fingerprints, key ids and ranges of serials. A bitmap of few bytes can hold millions, and
    /// each entry costs up to 100 bytes of memory.
    /// </summary>
    public const int Entries = 1_000_000;

    /// <summary>Bytes of one bitmap, which is the 2^24 serials at which OpenSSH's own bitmaps end.</summary>
    public const int Bitmap = (1 << 24) / 8;

    /// <summary>Authorities whose certificates are revoked; few deployments ever have ten.</summary>
    public const int Authorities = 1024;

    /// <summary>Bytes of a key id; longer than <see cref="CertificateLimits.KeyId"/>, so that other authorities' lists are read too.</summary>
    public const int KeyId = 64 * 1024;

    /// <summary>Bytes of the comment and of reserved fields, which are not looked at.</summary>
    public const int Comment = 64 * 1024;
}
