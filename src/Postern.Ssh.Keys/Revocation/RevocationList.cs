using System.Security.Cryptography;
using System.Text;

namespace Postern.Ssh.Keys;

/// <summary>
/// An OpenSSH key revocation list (PROTOCOL.krl): keys by themselves or by fingerprint, certificates by serial or key id
/// for one authority or all, authorities by their key. Immutable; lookups take no longer with a longer list.
/// </summary>
public sealed class RevocationList
{
    private readonly Dictionary<byte[], RevokedCertificates> _byAuthority = BlobSet.CreateMap<RevokedCertificates>();
    private readonly RevokedCertificates _ofAnyAuthority = new();

    internal RevocationList()
    {
    }

    /// <summary>The list that revokes nothing.</summary>
    public static RevocationList Empty { get; } = new();

    /// <summary>The number that rises with every change.</summary>
    public ulong Version { get; internal set; }

    /// <summary>When it was made, in seconds since 1970.</summary>
    public ulong GeneratedAt { get; internal set; }

    internal HashSet<byte[]> Keys { get; } = BlobSet.Create();

    internal HashSet<byte[]> Sha1Fingerprints { get; } = BlobSet.Create();

    internal HashSet<byte[]> Sha256Fingerprints { get; } = BlobSet.Create();

    internal IReadOnlyDictionary<byte[], RevokedCertificates> Authorities => _byAuthority;

    /// <summary>
    /// Reads a list. Throws <see cref="Wire.WireFormatException"/> when anything about it is malformed or beyond
    /// <see cref="RevocationLimits"/>, and when it has a section that must be understood and is not: a list of which a
    /// part cannot be read revokes less than it says.
    /// </summary>
    public static RevocationList Read(ReadOnlySpan<byte> file) => RevocationListReader.Read(file);

    /// <summary>Whether and why a key is revoked.</summary>
    public Revocation Find(PublicKey key) => IsListed(key) ? Revocation.Key : Revocation.None;

    /// <summary>Whether and why a certificate is revoked, for itself, for its key or for its authority.</summary>
    public Revocation Find(Certificate certificate) =>
        Find(certificate.Key, certificate.SignatureKey, certificate.Serial, certificate.KeyId);

    /// <summary>The same for who keeps only these parts of a certificate.</summary>
    public Revocation Find(PublicKey key, PublicKey authority, ulong serial, string keyId)
    {
        if (IsListed(key))
        {
            return Revocation.Key;
        }

        if (IsListed(authority))
        {
            return Revocation.Authority;
        }

        ReadOnlySpan<byte> id = Encoding.UTF8.GetBytes(keyId);
        var found = _ofAnyAuthority.Find(serial, id);
        return found == Revocation.None
            && _byAuthority.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(authority.Blob.Span, out var own)
            ? own.Find(serial, id)
            : found;
    }

    /// <summary>What is revoked of an authority's certificates; of every authority's when the key is empty.</summary>
    internal RevokedCertificates Of(ReadOnlySpan<byte> authority)
    {
        if (authority.IsEmpty)
        {
            return _ofAnyAuthority;
        }

        var lookup = _byAuthority.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (!lookup.TryGetValue(authority, out var certificates))
        {
            lookup[authority] = certificates = new RevokedCertificates();
        }

        return certificates;
    }

    /// <summary>Ends the filling.</summary>
    internal RevocationList Complete()
    {
        _ofAnyAuthority.Serials.Sort();
        foreach (var certificates in _byAuthority.Values)
        {
            certificates.Serials.Sort();
        }

        return this;
    }

    private bool IsListed(PublicKey key)
    {
        if (Keys.Has(key.Blob.Span))
        {
            return true;
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        if (Sha256Fingerprints.Count > 0)
        {
            SHA256.HashData(key.Blob.Span, hash);
            if (Sha256Fingerprints.Has(hash))
            {
                return true;
            }
        }

        if (Sha1Fingerprints.Count == 0)
        {
            return false;
        }

#pragma warning disable CA5350 // The list was made with SHA-1 fingerprints; a second key of one would only be revoked too.
        SHA1.HashData(key.Blob.Span, hash);
#pragma warning restore CA5350
        return Sha1Fingerprints.Has(hash[..SHA1.HashSizeInBytes]);
    }
}
