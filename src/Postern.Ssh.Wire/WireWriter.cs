using System.Buffers.Binary;
using System.Text;

namespace Postern.Ssh.Wire;

/// <summary>
/// Writes SSH data types (RFC 4251 section 5) into a span of fixed size. The caller sizes the span; running past its
/// end is a bug of ours and throws <see cref="InvalidOperationException"/>.
/// </summary>
public ref struct WireWriter
{
    private readonly Span<byte> _bytes;
    private int _position;

    /// <summary>Starts at the first byte of <paramref name="bytes"/>.</summary>
    public WireWriter(Span<byte> bytes)
    {
        _bytes = bytes;
        _position = 0;
    }

    /// <summary>How many bytes have been written.</summary>
    public readonly int Position => _position;

    /// <summary>What was written so far.</summary>
    public readonly ReadOnlySpan<byte> Written => _bytes[.._position];

    /// <summary>Writes one byte.</summary>
    public void WriteByte(byte value) => Take(1)[0] = value;

    /// <summary>Writes a boolean as 0 or 1.</summary>
    public void WriteBoolean(bool value) => WriteByte(value ? (byte)1 : (byte)0);

    /// <summary>Writes a 32-bit unsigned integer, most significant byte first.</summary>
    public void WriteUInt32(uint value) => BinaryPrimitives.WriteUInt32BigEndian(Take(sizeof(uint)), value);

    /// <summary>Writes a 64-bit unsigned integer, most significant byte first.</summary>
    public void WriteUInt64(ulong value) => BinaryPrimitives.WriteUInt64BigEndian(Take(sizeof(ulong)), value);

    /// <summary>Writes bytes with no length in front.</summary>
    public void WriteBytes(scoped ReadOnlySpan<byte> value) => value.CopyTo(Take(value.Length));

    /// <summary>Writes a string: its length and its bytes.</summary>
    public void WriteString(scoped ReadOnlySpan<byte> value)
    {
        WriteUInt32((uint)value.Length);
        WriteBytes(value);
    }

    /// <summary>Writes a string from text, as UTF-8.</summary>
    public void WriteText(scoped ReadOnlySpan<char> value)
    {
        var length = Encoding.UTF8.GetByteCount(value);
        WriteUInt32((uint)length);
        Encoding.UTF8.GetBytes(value, Take(length));
    }

    /// <summary>Writes a name-list: the names joined by commas.</summary>
    public void WriteNameList(IReadOnlyList<string> names) => WriteText(string.Join(',', names));

    /// <summary>Writes a non-negative multiple precision integer from its big-endian magnitude.</summary>
    public void WriteMpint(scoped ReadOnlySpan<byte> magnitude)
    {
        magnitude = magnitude.TrimStart((byte)0);
        if (!magnitude.IsEmpty && (magnitude[0] & 0x80) != 0)
        {
            WriteUInt32((uint)magnitude.Length + 1);
            WriteByte(0);
            WriteBytes(magnitude);
            return;
        }

        WriteString(magnitude);
    }

    private Span<byte> Take(int count)
    {
        if (count > _bytes.Length - _position)
        {
            throw new InvalidOperationException($"the buffer of {_bytes.Length} bytes is too small for {count} more");
        }

        var span = _bytes.Slice(_position, count);
        _position += count;
        return span;
    }
}
