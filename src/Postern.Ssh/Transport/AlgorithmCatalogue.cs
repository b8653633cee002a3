using Postern.Ssh.Transport.Ciphers;
using Postern.Ssh.Transport.KeyExchange;

namespace Postern.Ssh.Transport;

/// <summary>
/// The names of the algorithms offered, best first; the one list of what the engine can do. Names that it does not
/// know are refused when the catalogue is made.
/// </summary>
public sealed class AlgorithmCatalogue
{
    /// <summary>Everything the engine has: each of it is safe to offer.</summary>
    public static AlgorithmCatalogue Default { get; } = new(
        KeyExchangeMethod.Names,
        CipherSuite.Names,
        MacAlgorithm.Names,
        ["ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-512", "rsa-sha2-256"],
        [
            "ssh-ed25519",
            "ecdsa-sha2-nistp256",
            "ecdsa-sha2-nistp384",
            "ecdsa-sha2-nistp521",
            "sk-ssh-ed25519@openssh.com",
            "sk-ecdsa-sha2-nistp256@openssh.com",
            "rsa-sha2-512",
            "rsa-sha2-256",
        ]);

    /// <summary>
    /// Makes a catalogue. Throws <see cref="ArgumentException"/> when a list is empty or has a name that the engine
    /// does not know.
    /// </summary>
    public AlgorithmCatalogue(
        IReadOnlyList<string> keyExchanges,
        IReadOnlyList<string> ciphers,
        IReadOnlyList<string> macs,
        IReadOnlyList<string> hostKeys,
        IReadOnlyList<string> userSignatures)
    {
        KeyExchanges = Check(keyExchanges, name => KeyExchangeMethod.Find(name) is not null);
        Ciphers = Check(ciphers, name => CipherSuite.Find(name) is not null);
        Macs = Check(macs, name => MacAlgorithm.Find(name) is not null);
        HostKeys = Check(hostKeys, SignatureAlgorithmNames.HostKeys.Contains);
        UserSignatures = Check(userSignatures, SignatureAlgorithmNames.All.Contains);
    }

    /// <summary>Key exchange methods.</summary>
    public IReadOnlyList<string> KeyExchanges { get; }

    /// <summary>Ciphers.</summary>
    public IReadOnlyList<string> Ciphers { get; }

    /// <summary>MACs, for the ciphers that have no authentication of their own.</summary>
    public IReadOnlyList<string> Macs { get; }

    /// <summary>
    /// Signature algorithms that the server may prove itself with, plain and in certificates, for as far as it has keys.
    /// </summary>
    public IReadOnlyList<string> HostKeys { get; }

    /// <summary>Signature algorithms that users may authenticate with, plain and in certificates.</summary>
    public IReadOnlyList<string> UserSignatures { get; }

    private static IReadOnlyList<string> Check(IReadOnlyList<string> names, Func<string, bool> isKnown)
    {
        if (names.Count == 0)
        {
            throw new ArgumentException("a list of algorithms is empty", nameof(names));
        }

        foreach (var name in names)
        {
            if (!isKnown(name))
            {
                throw new ArgumentException($"the algorithm '{name}' is not known", nameof(names));
            }
        }

        return [.. names];
    }
}
