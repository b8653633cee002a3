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
    /// Makes a catalogue. Throws <see cref="ArgumentException"/> when <see cref="FaultsOf"/> has something to say about
    /// one of the lists.
    /// </summary>
    public AlgorithmCatalogue(
        IReadOnlyList<string> keyExchanges,
        IReadOnlyList<string> ciphers,
        IReadOnlyList<string> macs,
        IReadOnlyList<string> hostKeys,
        IReadOnlyList<string> userSignatures)
    {
        KeyExchanges = Check(AlgorithmKind.KeyExchange, keyExchanges);
        Ciphers = Check(AlgorithmKind.Cipher, ciphers);
        Macs = Check(AlgorithmKind.Mac, macs);
        HostKeys = Check(AlgorithmKind.HostKey, hostKeys);
        UserSignatures = Check(AlgorithmKind.UserSignature, userSignatures);
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

    /// <summary>The algorithms of a kind, best first.</summary>
    public IReadOnlyList<string> Of(AlgorithmKind kind) => kind switch
    {
        AlgorithmKind.KeyExchange => KeyExchanges,
        AlgorithmKind.Cipher => Ciphers,
        AlgorithmKind.Mac => Macs,
        AlgorithmKind.HostKey => HostKeys,
        AlgorithmKind.UserSignature => UserSignatures,
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>
    /// What is wrong with a list that somebody wants to offer: a sentence for each name that is insecure, not known, not
    /// on this machine or there twice, and for an empty list.
    /// </summary>
    public static IReadOnlyList<string> FaultsOf(AlgorithmKind kind, IReadOnlyList<string> names)
    {
        if (names.Count == 0)
        {
            return ["the list of algorithms is empty"];
        }

        var faults = new List<string>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            if (!seen.Add(name))
            {
                faults.Add($"the algorithm '{name}' is there twice");
            }
            else if (InsecureAlgorithms.ReasonAgainst(name) is { } reason)
            {
                faults.Add($"the algorithm '{name}' is insecure and cannot be offered: {reason}");
            }
            else if (kind == AlgorithmKind.KeyExchange && name == MLKem768X25519KeyExchange.MethodName && !MLKem768X25519KeyExchange.IsSupported)
            {
                faults.Add($"the algorithm '{name}' needs OpenSSL 3.5 or newer, which this machine has not");
            }
            else if (!IsKnown(kind, name))
            {
                faults.Add($"the algorithm '{name}' is not known; known are {string.Join(", ", Known(kind))}");
            }
        }

        return faults;
    }

    private static IEnumerable<string> Known(AlgorithmKind kind) => kind switch
    {
        AlgorithmKind.KeyExchange => KeyExchangeMethod.Names,
        AlgorithmKind.Cipher => CipherSuite.Names,
        AlgorithmKind.Mac => MacAlgorithm.Names,
        AlgorithmKind.HostKey => SignatureAlgorithmNames.HostKeys.Order(StringComparer.Ordinal),
        _ => SignatureAlgorithmNames.All.Order(StringComparer.Ordinal),
    };

    private static bool IsKnown(AlgorithmKind kind, string name) => Known(kind).Contains(name, StringComparer.Ordinal);

    private static IReadOnlyList<string> Check(AlgorithmKind kind, IReadOnlyList<string> names) =>
        FaultsOf(kind, names) is [var fault, ..] ? throw new ArgumentException(fault, nameof(names)) : [.. names];
}
