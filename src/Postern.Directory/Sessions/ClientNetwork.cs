using System.Net;
using System.Net.Sockets;

namespace Postern.Directory.Sessions;

/// <summary>The network that a client's address belongs to, as far as whoever has the address may have the rest of it too.</summary>
public static class ClientNetwork
{
    /// <summary>Bytes of an IPv6 network of one site (RFC 6177 section 2): a hoster gives a /48 away as a matter of course.</summary>
    private const int SiteBytes = 6;

    /// <summary>An IPv6 address's /48, as <c>2001:db8:1::/48</c>; an IPv4 address itself, also when it is mapped to IPv6.</summary>
    public static string Of(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address.ToString();
        }

        var bytes = address.GetAddressBytes();
        Array.Clear(bytes, SiteBytes, bytes.Length - SiteBytes);
        return new IPAddress(bytes) + "/48";
    }

    /// <summary>The same of an address as sessions and requests keep it; <c>unknown</c> when there is none.</summary>
    public static string Of(string? address) => IPAddress.TryParse(address, out var parsed) ? Of(parsed) : "unknown";
}
