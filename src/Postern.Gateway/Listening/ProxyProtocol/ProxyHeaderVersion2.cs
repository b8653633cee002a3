using System.Buffers.Binary;
using System.Net;
using System.Numerics;
using Postern.Ssh.Wire;

namespace Postern.Gateway.Listening.ProxyProtocol;

/// <summary>
/// The binary header of version 2 (section 2.2):
/// <code>
/// byte[12] signature
/// byte     version (2) in the upper half, command (0 LOCAL, 1 PROXY) in the lower
/// byte     address family (0 none, 1 IPv4, 2 IPv6, 3 UNIX) and transport (0 none, 1 stream, 2 datagram)
/// uint16   length of what follows
/// byte[]   addresses: client, proxy, client's port, proxy's port
/// byte[]   values, each: byte type, uint16 length, byte[] value
/// </code>
/// </summary>
internal static class ProxyHeaderVersion2
{
    private const int Start = ProxyHeaderDecoder.Prefix + 4;
    private const int Version = 2;
    private const int ValueHeader = 3;
    private const int IPv4Length = 4;
    private const int IPv6Length = 16;
    private const int UnixLength = 216;
    private const byte ChecksumType = 3;

    /// <summary>As <see cref="ProxyHeaderDecoder.TryRead"/>.</summary>
    public static ProxyHeader? TryRead(ReadOnlySpan<byte> bytes, out int wanted)
    {
        wanted = Start - bytes.Length;
        if (wanted > 0)
        {
            return null;
        }

        var total = Start + BinaryPrimitives.ReadUInt16BigEndian(bytes[(Start - sizeof(ushort))..]);
        if (total > ProxyProtocolLimits.Version2)
        {
            WireFormatException.Throw($"a PROXY header of {total} bytes exceeds {ProxyProtocolLimits.Version2}");
        }

        var command = bytes[ProxyHeaderDecoder.Prefix];
        if (command >> 4 != Version || (command & 0xf) > 1)
        {
            WireFormatException.Throw($"version and command 0x{command:x2} of a PROXY header are not known");
        }

        wanted = total - bytes.Length;
        if (wanted > 0)
        {
            return null;
        }

        if (wanted < 0)
        {
            WireFormatException.Throw("a PROXY header of version 2 has bytes behind its end");
        }

        var isLocal = (command & 0xf) == 0;
        var family = bytes[ProxyHeaderDecoder.Prefix + 1];
        var addressLength = AddressLength(family, isLocal);
        var rest = bytes[Start..];
        if (rest.Length < addressLength)
        {
            WireFormatException.Throw($"a PROXY header's addresses take {addressLength} bytes, {rest.Length} are there");
        }

        CheckValues(bytes, Start + addressLength, isLocal);
        return new ProxyHeader(isLocal ? null : ReadClient(family >> 4, rest));
    }

    /// <summary>The receiver ignores what LOCAL and no family say of addresses.</summary>
    private static int AddressLength(byte family, bool isLocal)
    {
        switch (family)
        {
            case 0x00:
                return 0;
            case 0x11:
                return (2 * IPv4Length) + (2 * sizeof(ushort));
            case 0x21:
                return (2 * IPv6Length) + (2 * sizeof(ushort));
            case 0x31:
                return UnixLength;
            default:
                // A datagram cannot carry SSH, and other families do not exist.
                return isLocal ? 0 : WireFormatException.Throw<int>($"address family and transport 0x{family:x2} of a PROXY header are not known");
        }
    }

    private static IPEndPoint? ReadClient(int family, ReadOnlySpan<byte> rest)
    {
        var length = family switch { 1 => IPv4Length, 2 => IPv6Length, _ => 0 };
        return length == 0
            ? null
            : new IPEndPoint(
                ClientSource.Normalize(new IPAddress(rest[..length])), BinaryPrimitives.ReadUInt16BigEndian(rest[(2 * length)..]));
    }

    /// <summary>Steps over the values, which must fill the rest exactly; a checksum among them must be right.</summary>
    private static void CheckValues(ReadOnlySpan<byte> header, int position, bool isLocal)
    {
        // What LOCAL carries behind its addresses need not be values.
        while (position < header.Length && !isLocal)
        {
            if (header.Length - position < ValueHeader)
            {
                WireFormatException.Throw("a value of a PROXY header is cut off");
            }

            var length = BinaryPrimitives.ReadUInt16BigEndian(header[(position + 1)..]);
            var value = position + ValueHeader;
            if (length > header.Length - value)
            {
                WireFormatException.Throw($"a value of {length} bytes exceeds the {header.Length - value} left of a PROXY header");
            }

            if (header[position] == ChecksumType)
            {
                CheckChecksum(header, value, length);
            }

            position = value + length;
        }
    }

    /// <summary>CRC32c of the whole header with the checksum's own bytes as 0 (section 2.2.4).</summary>
    private static void CheckChecksum(ReadOnlySpan<byte> header, int position, int length)
    {
        if (length != sizeof(uint))
        {
            WireFormatException.Throw($"the checksum of a PROXY header has {length} bytes instead of 4");
        }

        var crc = uint.MaxValue;
        for (var i = 0; i < header.Length; i++)
        {
            crc = BitOperations.Crc32C(crc, i >= position && i < position + length ? (byte)0 : header[i]);
        }

        if (~crc != BinaryPrimitives.ReadUInt32BigEndian(header[position..]))
        {
            WireFormatException.Throw("the checksum of a PROXY header is wrong");
        }
    }
}
