using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Postern.Gateway.Listening;

/// <summary>
/// Where a connection comes from, as limits count it: one IPv4 address, or the /64 of an IPv6 address, because whoever
/// has one address of that has them all.
/// </summary>
/// <param name="Network">The IPv4 address, or the first 64 bits of the IPv6 address.</param>
/// <param name="IsIPv6">Which of the two.</param>
public readonly record struct ClientSource(ulong Network, bool IsIPv6)
{
    private const int IPv6Length = 16;
    private const int MappedPrefix = 12;

    /// <summary>The source of an address; an IPv4 address mapped to IPv6 (RFC 4291 section 2.5.5.2) counts as itself.</summary>
    public static ClientSource Of(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[IPv6Length];
        address.TryWriteBytes(bytes, out _);
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            return new ClientSource(BinaryPrimitives.ReadUInt32BigEndian(bytes), IsIPv6: false);
        }

        return address.IsIPv4MappedToIPv6
            ? new ClientSource(BinaryPrimitives.ReadUInt32BigEndian(bytes[MappedPrefix..]), IsIPv6: false)
            : new ClientSource(BinaryPrimitives.ReadUInt64BigEndian(bytes), IsIPv6: true);
    }

    /// <summary>The address in the one form that logs, rules and records know it by.</summary>
    public static IPAddress Normalize(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    /// <summary>Such as <c>192.0.2.7</c> or <c>2001:db8::/64</c>.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[IPv6Length];
        bytes.Clear();
        if (!IsIPv6)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)Network);
            return new IPAddress(bytes[..sizeof(uint)]).ToString();
        }

        BinaryPrimitives.WriteUInt64BigEndian(bytes, Network);
        return $"{new IPAddress(bytes)}/64";
    }
}
