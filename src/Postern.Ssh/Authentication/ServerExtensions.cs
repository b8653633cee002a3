using System.Text;
using Postern.Ssh.Messages;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Authentication;

/// <summary>What a server announced that matters to authentication (RFC 8308 section 3.1, OpenSSH PROTOCOL 1.5).</summary>
/// <param name="Signatures">The signature algorithms that it takes from users; null when it did not say.</param>
/// <param name="IsHostBound">Whether it knows publickey-hostbound-v00@openssh.com.</param>
internal sealed record ServerExtensions(IReadOnlyList<string>? Signatures, bool IsHostBound)
{
    private const string SignatureAlgorithms = "server-sig-algs";
    private const string HostBound = "publickey-hostbound@openssh.com";
    private const string HostBoundVersion = "0";

    /// <summary>A server that announced nothing.</summary>
    public static ServerExtensions None { get; } = new(null, IsHostBound: false);

    /// <summary>
    /// Throws <see cref="WireFormatException"/> when the list of algorithms is not one; its length is bounded as all
    /// name lists are.
    /// </summary>
    public static ServerExtensions Read(ExtInfo message)
    {
        var result = None;
        foreach (var extension in message.Extensions)
        {
            if (extension.Name == SignatureAlgorithms)
            {
                result = result with { Signatures = ReadNames(extension.Value) };
            }
            else if (extension.Name == HostBound)
            {
                result = result with { IsHostBound = Encoding.ASCII.GetString(extension.Value) == HostBoundVersion };
            }
        }

        return result;
    }

    /// <summary>The best of a key's signature algorithms that the server takes; the best of all when it did not say so.</summary>
    public string Choose(IReadOnlyList<string> own) =>
        (Signatures is null ? null : own.FirstOrDefault(Signatures.Contains)) ?? own[0];

    private static string[] ReadNames(byte[] value)
    {
        // The value is the list without the length in front that a name-list has elsewhere.
        var list = new byte[sizeof(uint) + value.Length];
        new WireWriter(list).WriteString(value);
        var reader = new WireReader(list);
        return reader.ReadNameList(WireLimits.NameList);
    }
}
