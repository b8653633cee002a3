using System.Buffers.Binary;
using System.Text;

namespace Postern.Ssh.Wire;

/// <summary>
/// Reads SSH data types (RFC 4251 section 5) from a span, front to back. Every variable length is checked against
/// the caller's limit and against what is left before anything is allocated.
/// </summary>
public ref struct WireReader
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> _bytes;
    private int _position;

    /// <summary>Starts at the first byte of <paramref name="bytes"/>.</summary>
    public WireReader(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        _position = 0;
    }

    /// <summary>How many bytes have been read.</summary>
    public readonly int Position => _position;

    /// <summary>How many bytes are left.</summary>
    public readonly int Remaining => _bytes.Length - _position;

    /// <summary>Whether everything was read.</summary>
    public readonly bool IsAtEnd => _position == _bytes.Length;

    /// <summary>Reads one byte.</summary>
    public byte ReadByte()
    {
        Require(1);
        return _bytes[_position++];
    }

    /// <summary>Reads a boolean; every value but 0 is true (RFC 4251 section 5).</summary>
    public bool ReadBoolean() => ReadByte() != 0;

    /// <summary>Reads a 32-bit unsigned integer, most significant byte first.</summary>
    public uint ReadUInt32()
    {
        Require(sizeof(uint));
        var value = BinaryPrimitives.ReadUInt32BigEndian(_bytes[_position..]);
        _position += sizeof(uint);
        return value;
    }

    /// <summary>Reads a 64-bit unsigned integer, most significant byte first.</summary>
    public ulong ReadUInt64()
    {
        Require(sizeof(ulong));
        var value = BinaryPrimitives.ReadUInt64BigEndian(_bytes[_position..]);
        _position += sizeof(ulong);
        return value;
    }

    /// <summary>Reads exactly <paramref name="count"/> bytes with no length in front.</summary>
    public ReadOnlySpan<byte> ReadBytes(int count)
    {
        Require(count);
        var bytes = _bytes.Slice(_position, count);
        _position += count;
        return bytes;
    }

    /// <summary>Reads a string of at most <paramref name="limit"/> bytes; the span is a view, not a copy.</summary>
    public ReadOnlySpan<byte> ReadString(int limit)
    {
        var length = ReadUInt32();
        if (length > (uint)limit)
        {
            WireFormatException.Throw($"string length {length} exceeds {limit}");
        }

        return ReadBytes((int)length);
    }

    /// <summary>Reads a string as UTF-8 text; malformed UTF-8 is refused rather than replaced.</summary>
    public string ReadText(int limit)
    {
        var bytes = ReadString(limit);
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return WireFormatException.Throw<string>("text is not UTF-8");
        }
    }

    /// <summary>Reads a string as a protocol name: printable US-ASCII without blanks (RFC 4251 section 6).</summary>
    public string ReadName(int limit)
    {
        var bytes = ReadString(limit);
        RequireName(bytes, allowComma: false);
        return Encoding.ASCII.GetString(bytes);
    }

    /// <summary>
    /// Reads a comma-separated list of names of at most <paramref name="limit"/> bytes in all. Names may not be empty
    /// (RFC 4251 section 5); an empty list is an empty array.
    /// </summary>
    public string[] ReadNameList(int limit)
    {
        var bytes = ReadString(limit);
        if (bytes.IsEmpty)
        {
            return [];
        }

        RequireName(bytes, allowComma: true);
        var names = Encoding.ASCII.GetString(bytes).Split(',');
        foreach (var name in names)
        {
            if (name.Length == 0)
            {
                WireFormatException.Throw("name-list has an empty name");
            }
        }

        return names;
    }

    /// <summary>
    /// Reads a multiple precision integer that must not be negative, and returns its magnitude without the sign byte
    /// (empty for zero). Needless leading zeros are refused (RFC 4251 section 5).
    /// </summary>
    public ReadOnlySpan<byte> ReadMpint(int limit)
    {
        var bytes = ReadString(limit);
        if (bytes.IsEmpty)
        {
            return bytes;
        }

        if ((bytes[0] & 0x80) != 0)
        {
            WireFormatException.Throw("mpint is negative");
        }

        if (bytes[0] != 0)
        {
            return bytes;
        }

        if (bytes.Length == 1 || (bytes[1] & 0x80) == 0)
        {
            WireFormatException.Throw("mpint has a needless leading zero");
        }

        return bytes[1..];
    }

    /// <summary>Reads everything that is left.</summary>
    public ReadOnlySpan<byte> ReadRest()
    {
        var rest = _bytes[_position..];
        _position = _bytes.Length;
        return rest;
    }

    /// <summary>Refuses bytes after the last field.</summary>
    public readonly void RequireEnd()
    {
        if (!IsAtEnd)
        {
            WireFormatException.Throw($"{Remaining} bytes after the last field");
        }
    }

    private static void RequireName(ReadOnlySpan<byte> bytes, bool allowComma)
    {
        foreach (var b in bytes)
        {
            if (b is <= 0x20 or >= 0x7f || (b == (byte)',' && !allowComma))
            {
                WireFormatException.Throw($"name holds the byte 0x{b:x2}");
            }
        }
    }

    private readonly void Require(int count)
    {
        if (count < 0 || count > Remaining)
        {
            WireFormatException.Throw($"{count} bytes needed and {Remaining} left");
        }
    }
}
