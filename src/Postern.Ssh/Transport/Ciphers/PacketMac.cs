using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Postern.Ssh.Transport.Ciphers;

/// <summary>Computes the tags of one direction under one key, without allocating. Not safe for concurrent use.</summary>
internal sealed class PacketMac : IDisposable
{
    private readonly IncrementalHash _hash;

    public PacketMac(MacAlgorithm algorithm, ReadOnlySpan<byte> key)
    {
        if (key.Length != algorithm.Length)
        {
            throw new ArgumentException($"a key of {key.Length} bytes where {algorithm.Length} belong", nameof(key));
        }

        Length = algorithm.Length;
        _hash = IncrementalHash.CreateHMAC(algorithm.Hash, key);
    }

    /// <summary>Bytes of a tag.</summary>
    public int Length { get; }

    /// <summary>Writes the tag of a packet (RFC 4253 section 6.4).</summary>
    public void Compute(uint sequence, ReadOnlySpan<byte> packet, Span<byte> tag)
    {
        Span<byte> number = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(number, sequence);
        _hash.AppendData(number);
        _hash.AppendData(packet);
        _hash.GetHashAndReset(tag);
    }

    /// <summary>Whether the tag is that of the packet, in a time that does not tell where they differ.</summary>
    public bool Verify(uint sequence, ReadOnlySpan<byte> packet, ReadOnlySpan<byte> tag)
    {
        Span<byte> computed = stackalloc byte[MacAlgorithm.MaximumLength];
        computed = computed[..Length];
        Compute(sequence, packet, computed);
        return CryptographicOperations.FixedTimeEquals(computed, tag);
    }

    public void Dispose() => _hash.Dispose();
}
