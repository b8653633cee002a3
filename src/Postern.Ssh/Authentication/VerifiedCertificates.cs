using Postern.Ssh.Keys;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Authentication;

/// <summary>
/// Certificates that somebody signed in with, found again by all of their bytes, so that the authority's signature over
/// the same bytes is not verified for each connection of a person. It says nothing but what <see cref="Certificate.Read"/>
/// says: whether the authority is trusted, the time right and the certificate revoked is asked each time. Safe for use by
/// many threads.
/// </summary>
internal sealed class VerifiedCertificates
{
    /// <summary>
    /// Certificates of each of two generations: people who connect several times in the life of a certificate, on one
    /// gateway. With <see cref="LongestCertificate"/> this is 32 MiB at the very most, and 4 MiB with usual ones.
    /// </summary>
    public const int GenerationSize = 1024;

    /// <summary>Bytes of a certificate that is kept; usual ones have 600 to 1500, and longer ones are verified each time.</summary>
    public const int LongestCertificate = 8 * 1024;

    /// <summary>
    /// Bits of a holder's RSA key that is kept: with any of those here a signature is verified in less than a tenth of a
    /// millisecond.
    /// </summary>
    public const int LongestRsaKey = 4096;

    private readonly Lock _gate = new();

    // Under _gate. What is asked for moves to the young ones; when those are many, the old ones are forgotten.
    private Dictionary<Bytes, Certificate> _young = [];
    private Dictionary<Bytes, Certificate> _old = [];

    /// <summary>How many are kept.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _young.Count + _old.Count;
            }
        }
    }

    /// <summary>Whether a certificate is here, so that reading it costs nothing.</summary>
    public bool Has(ReadOnlyMemory<byte> blob)
    {
        if (blob.Length > LongestCertificate)
        {
            return false;
        }

        var bytes = new Bytes(blob);
        lock (_gate)
        {
            return _young.ContainsKey(bytes) || _old.ContainsKey(bytes);
        }
    }

    /// <summary>
    /// Reads a certificate, and verifies its signature unless it is here. Throws <see cref="WireFormatException"/> as
    /// <see cref="Certificate.Read"/> does.
    /// </summary>
    public Certificate Read(ReadOnlyMemory<byte> blob)
    {
        if (blob.Length <= LongestCertificate)
        {
            var bytes = new Bytes(blob);
            lock (_gate)
            {
                if (_young.TryGetValue(bytes, out var young))
                {
                    return young;
                }

                if (_old.Remove(bytes, out var old))
                {
                    AddYoung(old);
                    return old;
                }
            }
        }

        return Certificate.Read(blob.Span);
    }

    /// <summary>
    /// Keeps a certificate whose holder was let in with it: what strangers show is never kept, so that they cannot drive out
    /// what is.
    /// </summary>
    public void Keep(Certificate certificate)
    {
        if (certificate.Blob.Length > LongestCertificate || certificate.Key is RsaPublicKey { Bits: > LongestRsaKey })
        {
            return;
        }

        lock (_gate)
        {
            AddYoung(certificate);
        }
    }

    private void AddYoung(Certificate certificate)
    {
        if (_young.Count >= GenerationSize && !_young.ContainsKey(new Bytes(certificate.Blob)))
        {
            (_old, _young) = (_young, _old);
            _young.Clear();
        }

        _young[new Bytes(certificate.Blob)] = certificate;
    }

    private readonly struct Bytes(ReadOnlyMemory<byte> content) : IEquatable<Bytes>
    {
        private readonly ReadOnlyMemory<byte> _content = content;

        public bool Equals(Bytes other) => _content.Span.SequenceEqual(other._content.Span);

        public override bool Equals(object? obj) => obj is Bytes other && Equals(other);

        public override int GetHashCode()
        {
            var hash = default(HashCode);
            hash.AddBytes(_content.Span);
            return hash.ToHashCode();
        }
    }
}
