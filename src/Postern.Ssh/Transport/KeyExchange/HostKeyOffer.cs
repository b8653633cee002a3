using Postern.Ssh.Server;

namespace Postern.Ssh.Transport.KeyExchange;

/// <summary>One way in which the server can prove itself.</summary>
/// <param name="Algorithm">The name that is negotiated.</param>
/// <param name="Signature">The signature algorithm behind the name.</param>
/// <param name="Key">The key that signs.</param>
/// <param name="Blob">K_S: the key, or the certificate for it.</param>
internal sealed record HostKeyOffer(string Algorithm, string Signature, HostKey Key, ReadOnlyMemory<byte> Blob)
{
    /// <summary>
    /// All ways that the keys allow, in the catalogue's order; certificates come before plain keys, for a client that
    /// trusts the authority needs to know no key.
    /// </summary>
    public static IReadOnlyList<HostKeyOffer> All(IReadOnlyList<HostKey> keys, AlgorithmCatalogue catalogue)
    {
        var certificates = new List<HostKeyOffer>();
        var plain = new List<HostKeyOffer>();
        foreach (var signature in catalogue.HostKeys)
        {
            var key = keys.FirstOrDefault(key => key.Signer.PublicKey.SignatureAlgorithms.Contains(signature));
            if (key is null)
            {
                continue;
            }

            if (key.Certificate is { } certificate)
            {
                certificates.Add(new HostKeyOffer(SignatureAlgorithmNames.ForCertificate(signature), signature, key, certificate.Blob));
            }

            plain.Add(new HostKeyOffer(signature, signature, key, key.Signer.PublicKey.Blob));
        }

        return [.. certificates, .. plain];
    }
}
