using System.Buffers;
using System.Buffers.Binary;

namespace Postern.Ssh.Keys;

/// <summary>Writes the parts of a revocation list, whose size is not known before they are written.</summary>
internal sealed class SectionWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    public ReadOnlySpan<byte> Written => _bytes.WrittenSpan;

    public void AddBytes(ReadOnlySpan<byte> bytes) => _bytes.Write(bytes);

    public void AddUInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_bytes.GetSpan(sizeof(uint)), value);
        _bytes.Advance(sizeof(uint));
    }

    public void AddUInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(_bytes.GetSpan(sizeof(ulong)), value);
        _bytes.Advance(sizeof(ulong));
    }

    public void AddString(ReadOnlySpan<byte> value)
    {
        AddUInt32((uint)value.Length);
        _bytes.Write(value);
    }

    /// <summary>A byte for the kind and the content as a string.</summary>
    public void AddSection(byte type, ReadOnlySpan<byte> data)
    {
        _bytes.Write([type]);
        AddString(data);
    }
}
