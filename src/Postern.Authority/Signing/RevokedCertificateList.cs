using Postern.Ssh.Keys;

namespace Postern.Authority;

/// <summary>
/// What this deployment no longer stands for, as a revocation list for OpenSSH hosts that trust its authorities and know
/// nothing of its Directory.
/// </summary>
public static class RevokedCertificateList
{
    /// <summary>
    /// Writes the list: the keys of retired authorities whole, and the serials for each user authority that is still
    /// trusted, so that other authorities' certificates of the same number stay good. Its version is the time, which
    /// rises with every change. Throws <see cref="Ssh.Wire.WireFormatException"/> beyond <see cref="RevocationLimits"/>.
    /// </summary>
    /// <param name="keys">All keys of the authorities.</param>
    /// <param name="serials">The serials of user certificates that are no longer honoured.</param>
    /// <param name="now">The time.</param>
    public static byte[] Write(IEnumerable<AuthorityKey> keys, IReadOnlyCollection<long> serials, DateTimeOffset now)
    {
        var builder = new RevocationListBuilder();
        foreach (var key in keys)
        {
            if (key.State == AuthorityKeyState.Retired)
            {
                builder.RevokeKey(key.PublicKey);
            }
            else if (key.Purpose == AuthorityPurpose.UserCertificates)
            {
                foreach (var serial in serials)
                {
                    builder.RevokeSerials(key.PublicKey, (ulong)serial, (ulong)serial);
                }
            }
        }

        return builder.Write((ulong)now.ToUnixTimeMilliseconds(), now, "postern");
    }
}
