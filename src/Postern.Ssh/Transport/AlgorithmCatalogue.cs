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
        ["curve25519-sha256", "curve25519-sha256@libssh.org"],
        ["aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com"],
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
        IReadOnlyList<string> userSignatures)
    {
        KeyExchanges = Check(keyExchanges, name => KeyExchangeMethod.Find(name) is not null);
        Ciphers = Check(ciphers, name => CipherSuite.Find(name) is not null);
        UserSignatures = Check(userSignatures, name => SignatureAlgorithmNames.All.Contains(name));
    }

    /// <summary>Key exchange methods.</summary>
    public IReadOnlyList<string> KeyExchanges { get; }

    /// <summary>Ciphers, all of them with authentication of their own, so that no MAC is ever negotiated.</summary>
    public IReadOnlyList<string> Ciphers { get; }

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
