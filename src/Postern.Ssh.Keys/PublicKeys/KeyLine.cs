using System.Buffers;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Keys;

/// <summary>The text form of keys and certificates: type, base64 and comment, separated by blanks (sshd(8)).</summary>
internal static class KeyLine
{
    /// <summary>The base64 of the largest blob, the type, and a comment of some length.</summary>
    public const int MaximumLength = (WireLimits.KeyBlob * 4 / 3) + 4096;

    public static string Write(string type, ReadOnlySpan<byte> blob, string comment)
    {
        if (comment.AsSpan().ContainsAnyInRange('\0', '\x1f') || comment.Contains('\x7f', StringComparison.Ordinal))
        {
            throw new ArgumentException("the comment of a key may not hold control characters", nameof(comment));
        }

        var line = type + " " + Convert.ToBase64String(blob);
        return comment.Length == 0 ? line : line + " " + comment;
    }

    public static (string Type, byte[] Blob, string Comment) Read(string line)
    {
        if (line.Length > MaximumLength)
        {
            WireFormatException.Throw($"key line of {line.Length} characters exceeds {MaximumLength}");
        }

        var rest = line.AsSpan().Trim(" \t\r\n");
        var type = Word(ref rest);
        var encoded = Word(ref rest);
        if (type.IsEmpty || encoded.IsEmpty)
        {
            WireFormatException.Throw("a key line is a type, a blank and the key in base64");
        }

        // The decoder would pass over line ends inside the base64, and so join two lines.
        if (encoded.ContainsAny('\r', '\n'))
        {
            WireFormatException.Throw("there is more than one key line");
        }

        foreach (var c in rest)
        {
            if (char.IsControl(c) && c != '\t')
            {
                WireFormatException.Throw("the comment of the key line holds control characters");
            }
        }

        var blob = new byte[encoded.Length];
        if (Convert.TryFromBase64Chars(encoded, blob, out var length))
        {
            return (type.ToString(), blob[..length], rest.ToString());
        }

        return WireFormatException.Throw<(string, byte[], string)>("the key in the key line is not base64");
    }

    private static ReadOnlySpan<char> Word(scoped ref ReadOnlySpan<char> rest)
    {
        var end = rest.IndexOfAny(Blanks);
        var word = end < 0 ? rest : rest[..end];
        rest = end < 0 ? default : rest[end..].TrimStart(" \t");
        return word;
    }

    private static readonly SearchValues<char> Blanks = SearchValues.Create(" \t");
}
