using System.Text;

namespace Postern.Ssh.Transport;

/// <summary>
/// Reads a peer's identification string (RFC 4253 section 4.2). A client must send it first, with no lines before it,
/// which leaves nothing to skip and little to abuse; a server may send other lines first.
/// </summary>
internal static class IdentificationString
{
    /// <summary>The longest line, CR and LF included.</summary>
    public const int MaximumLength = 255;

    /// <summary>The longest line before it: as much as OpenSSH reads of one.</summary>
    public const int MaximumPreambleLine = 8192;

    /// <summary>
    /// Looks for a whole line. Returns how many bytes it takes, or 0 when more must be read first. Throws
    /// <see cref="DisconnectException"/> as soon as the bytes cannot become a valid line.
    /// </summary>
    public static int TryRead(ReadOnlySpan<byte> bytes, out string version)
    {
        version = "";
        var end = bytes.IndexOf((byte)'\n');
        if (end < 0 && bytes.Length < MaximumLength)
        {
            return 0;
        }

        if (end < 0 || end >= MaximumLength)
        {
            throw Refuse($"the identification string exceeds {MaximumLength} bytes");
        }

        var line = bytes[..end];
        if (line.EndsWith("\r"u8))
        {
            line = line[..^1];
        }

        foreach (var b in line)
        {
            if (b is < 0x20 or > 0x7e)
            {
                throw Refuse($"the identification string holds the byte 0x{b:x2}");
            }
        }

        // 1.99 is a client that also speaks version 1 (RFC 4253 section 5.1).
        if (!line.StartsWith("SSH-2.0-"u8) && !line.StartsWith("SSH-1.99-"u8))
        {
            throw Refuse("the identification string is not one of SSH 2.0");
        }

        version = Encoding.ASCII.GetString(line);
        return end + 1;
    }

    /// <summary>
    /// The same for a server, whose lines that do not begin with <c>SSH-</c> are stepped over: for those the version is
    /// null. The caller bounds how many there are.
    /// </summary>
    public static int ReadFromServer(ReadOnlySpan<byte> bytes, out string? version)
    {
        version = null;
        if (bytes.StartsWith("SSH-"u8))
        {
            var length = TryRead(bytes, out var read);
            version = length > 0 ? read : null;
            return length;
        }

        var end = bytes.IndexOf((byte)'\n');
        if (end < 0 && bytes.Length >= MaximumPreambleLine)
        {
            throw Refuse($"a line before the identification string exceeds {MaximumPreambleLine} bytes");
        }

        return end + 1;
    }

    private static DisconnectException Refuse(string message) => DisconnectException.Protocol(message);
}
