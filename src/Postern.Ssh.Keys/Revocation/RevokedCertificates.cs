namespace Postern.Ssh.Keys;

/// <summary>What is revoked of one authority's certificates, or of every authority's.</summary>
internal sealed class RevokedCertificates
{
    public SerialRanges Serials { get; } = new();

    /// <summary>Key ids as bytes: a list may hold some that are no text.</summary>
    public HashSet<byte[]> KeyIds { get; } = BlobSet.Create();

    public Revocation Find(ulong serial, ReadOnlySpan<byte> keyId)
    {
        if (KeyIds.Has(keyId))
        {
            return Revocation.KeyId;
        }

        // 0 is what authorities write that do not number their certificates.
        return serial != 0 && Serials.Contains(serial) ? Revocation.Serial : Revocation.None;
    }
}
