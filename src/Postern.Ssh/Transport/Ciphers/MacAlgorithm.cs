using System.Security.Cryptography;

namespace Postern.Ssh.Transport.Ciphers;

/// <summary>
/// A negotiable message authentication code over sequence number and packet (RFC 4253 section 6.4, RFC 6668), for the
/// ciphers that do not authenticate.
/// </summary>
/// <param name="Name">The name that is negotiated.</param>
/// <param name="Hash">The hash of the HMAC (RFC 2104).</param>
/// <param name="Length">Bytes of key and of tag.</param>
/// <param name="IsEncryptThenMac">
/// Whether the tag covers what is sent, with the length in clear (OpenSSH PROTOCOL 1.5), and not what was encrypted.
/// </param>
internal sealed record MacAlgorithm(string Name, HashAlgorithmName Hash, int Length, bool IsEncryptThenMac)
{
    /// <summary>The longest tag there is.</summary>
    public const int MaximumLength = 64;

    private static readonly MacAlgorithm[] Algorithms =
    [
        new("hmac-sha2-256-etm@openssh.com", HashAlgorithmName.SHA256, 32, IsEncryptThenMac: true),
        new("hmac-sha2-512-etm@openssh.com", HashAlgorithmName.SHA512, 64, IsEncryptThenMac: true),
        new("hmac-sha2-256", HashAlgorithmName.SHA256, 32, IsEncryptThenMac: false),
        new("hmac-sha2-512", HashAlgorithmName.SHA512, 64, IsEncryptThenMac: false),
    ];

    /// <summary>All names, best first.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Algorithms.Select(algorithm => algorithm.Name)];

    public static MacAlgorithm? Find(string name) => Array.Find(Algorithms, algorithm => algorithm.Name == name);
}
