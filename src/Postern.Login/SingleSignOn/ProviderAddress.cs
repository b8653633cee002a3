using System.Net;
using System.Net.Sockets;

namespace Postern.Login.SingleSignOn;

/// <summary>
/// Which addresses a provider may have. An administrator of an organization types them, and the server may reach hosts that the
/// administrator may not, so what is not on the internet is refused unless the operator has named the host. Pure.
/// </summary>
internal static class ProviderAddress
{
    private static readonly IPNetwork[] NotPublic =
    [
        // The special-purpose registries of RFC 6890 as far as they are not globally reachable, and multicast.
        .. ((string[])
        [
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
            "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
            "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
        ]).Select(IPNetwork.Parse),
    ];

    private static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");

    /// <summary>
    /// Whether an address may be asked, or people be sent there: https without credentials and fragment. http only at this very
    /// machine, for a host that the operator has named.
    /// </summary>
    public static bool IsAllowed(string text, IReadOnlyCollection<string> internalHosts) =>
        text.Length <= SsoLimits.Url
        && !text.Any(c => c is <= ' ' or >= '\x7f')
        && Uri.TryCreate(text, UriKind.Absolute, out var url)
        && url is { UserInfo: "", Fragment: "", Host.Length: > 0 }
        && (url.Scheme == Uri.UriSchemeHttps
            || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback && internalHosts.Contains(url.IdnHost, StringComparer.OrdinalIgnoreCase)));

    /// <summary>Whether an address is one of the internet.</summary>
    public static bool IsPublic(IPAddress address)
    {
        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return (address.AddressFamily == AddressFamily.InterNetwork || GlobalUnicast.Contains(address))
            && !NotPublic.Any(network => network.Contains(address));
    }
}
