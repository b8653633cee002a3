using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Postern.Cli.Certificates;

/// <summary>
/// What the command needs to know of a user certificate. The signature is not checked: the gateway does that, and the
/// file is the user's own.
/// </summary>
internal sealed class OpenSshCertificate
{
    /// <summary>A certificate with every extension of ours is under 4 KiB.</summary>
    private const int MaxBlobBytes = 64 * 1024;

    private static readonly Dictionary<string, int> KeyFieldCounts = new(StringComparer.Ordinal)
    {
        ["ssh-ed25519-cert-v01@openssh.com"] = 1,
        ["ssh-rsa-cert-v01@openssh.com"] = 2,
    };

    private OpenSshCertificate(string keyType, byte[] keyBlob, ulong serial, uint use, string keyId, IReadOnlyList<string> principals, DateTimeOffset validAfter, DateTimeOffset validBefore, IReadOnlyDictionary<string, string> extensions)
    {
        KeyType = keyType;
        KeyBlob = keyBlob;
        Serial = serial;
        IsForUser = use == 1;
        KeyId = keyId;
        Principals = principals;
        ValidAfter = validAfter;
        ValidBefore = validBefore;
        Extensions = extensions;
    }

    public string KeyType { get; }

    /// <summary>The plain public key that is certified, in wire form.</summary>
    public byte[] KeyBlob { get; }

    public ulong Serial { get; }

    public bool IsForUser { get; }

    public string KeyId { get; }

    public IReadOnlyList<string> Principals { get; }

    public DateTimeOffset ValidAfter { get; }

    public DateTimeOffset ValidBefore { get; }

    /// <summary>Extensions by full name; the value is unwrapped, empty for flags.</summary>
    public IReadOnlyDictionary<string, string> Extensions { get; }

    public bool HasMfa => Extension("has-mfa") is not null || Methods.Contains("mfa", StringComparer.Ordinal);

    public bool IsApp => Extension("is-app") is not null;

    public JsonObject? TokenClaims => JsonExtension("token-claims") as JsonObject;

    public IReadOnlyList<string> Methods =>
        TokenClaims?["amr"] is JsonArray methods ? [.. methods.Select(m => m is JsonValue v && v.TryGetValue(out string? t) ? t : "")] : [];

    /// <summary>An extension of the vendor's, whatever the domain after the @.</summary>
    public string? Extension(string name) =>
        Extensions.Where(e => e.Key.StartsWith(name + "@", StringComparison.Ordinal)).Select(e => e.Value).FirstOrDefault();

    public JsonNode? JsonExtension(string name)
    {
        try
        {
            return Extension(name) is { Length: > 0 } text ? JsonNode.Parse(text) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Reads the one line of a -cert.pub file.</summary>
    /// <exception cref="FormatException">The line is not a certificate of a kind we read.</exception>
    public static OpenSshCertificate Parse(string line)
    {
        var parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (parts.Length < 2 || !KeyFieldCounts.TryGetValue(parts[0], out var keyFields))
        {
            throw new FormatException($"the certificate type '{(parts.Length == 0 ? "" : SafeType(parts[0]))}' is not one of {string.Join(", ", KeyFieldCounts.Keys)}");
        }

        if (parts[1].Length > MaxBlobBytes * 4 / 3)
        {
            throw new FormatException($"the certificate is larger than {MaxBlobBytes} bytes");
        }

        var reader = new Reader(Convert.FromBase64String(parts[1]));
        if (reader.Text() != parts[0])
        {
            throw new FormatException("the certificate's name and contents differ");
        }

        reader.Bytes(); // nonce
        using var key = new MemoryStream();
        WriteString(key, Encoding.ASCII.GetBytes(parts[0].Replace("-cert-v01@openssh.com", "", StringComparison.Ordinal)));
        for (var i = 0; i < keyFields; i++)
        {
            WriteString(key, reader.Bytes());
        }

        var serial = reader.UInt64();
        var use = reader.UInt32();
        var keyId = reader.Text();
        var principals = new List<string>();
        var packed = new Reader(reader.Bytes().ToArray());
        while (!packed.IsAtEnd)
        {
            principals.Add(packed.Text());
        }

        var after = Time(reader.UInt64());
        var before = Time(reader.UInt64());
        reader.Bytes(); // critical options: the gateway's business
        var extensions = ReadExtensions(reader.Bytes().ToArray());
        reader.Bytes(); // reserved
        reader.Bytes(); // signature key
        reader.Bytes(); // signature
        return reader.IsAtEnd
            ? new OpenSshCertificate(parts[0], key.ToArray(), serial, use, keyId, principals, after, before, extensions)
            : throw new FormatException("the certificate has trailing bytes");
    }

    private static Dictionary<string, string> ReadExtensions(byte[] packed)
    {
        var extensions = new Dictionary<string, string>(StringComparer.Ordinal);
        var reader = new Reader(packed);
        while (!reader.IsAtEnd)
        {
            var name = reader.Text();
            var data = reader.Bytes().ToArray();
            var value = data.Length == 0 ? "" : new Reader(data).Text();
            if (!extensions.TryAdd(name, value))
            {
                throw new FormatException("the certificate names an extension twice");
            }
        }

        return extensions;
    }

    private static DateTimeOffset Time(ulong seconds)
    {
        const ulong LastRepresentable = 253402300799;
        return DateTimeOffset.FromUnixTimeSeconds((long)Math.Min(seconds, LastRepresentable));
    }

    private static void WriteString(MemoryStream stream, ReadOnlySpan<byte> value)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, value.Length);
        stream.Write(length);
        stream.Write(value);
    }

    private static string SafeType(string text) => Terminals.SafeText.Clean(text[..Math.Min(text.Length, 64)], keepLines: false);

    /// <summary>SSH wire types (RFC 4251 section 5); running past the end is a format error.</summary>
    private sealed class Reader(byte[] data)
    {
        private int _position;

        public bool IsAtEnd => _position == data.Length;

        public uint UInt32() => BinaryPrimitives.ReadUInt32BigEndian(Take(4));

        public ulong UInt64() => BinaryPrimitives.ReadUInt64BigEndian(Take(8));

        public ReadOnlySpan<byte> Bytes() => Take(UInt32());

        public string Text() => Encoding.UTF8.GetString(Bytes());

        private ReadOnlySpan<byte> Take(uint count)
        {
            if (count > data.Length - _position)
            {
                throw new FormatException("the certificate ends too early");
            }

            _position += (int)count;
            return data.AsSpan(_position - (int)count, (int)count);
        }
    }
}
