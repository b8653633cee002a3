using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Postern.Ssh.Keys;

/// <summary>
/// The value of <c>source-address</c>: addresses and ranges of both families, separated by commas. One malformed
/// entry spoils the list, and an empty list matches nobody.
/// </summary>
public static class SourceAddressList
{
    private const int Ipv4MappedPrefix = 96;

    /// <summary>Whether the list is well-formed and one of its entries holds the address.</summary>
    public static bool Matches(string list, IPAddress address)
    {
        var wanted = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return TryParse(list, out var ranges) && ranges.Exists(r => r.Contains(wanted));
    }

    /// <summary>Whether the list has entries, and all of them are addresses or ranges without bits beyond their prefix.</summary>
    public static bool IsWellFormed(string list) => TryParse(list, out _);

    private static bool TryParse(string list, out List<IPNetwork> ranges)
    {
        ranges = [];
        var entries = list.Split(',', CertificateLimits.SourceAddresses + 1);
        if (entries.Length > CertificateLimits.SourceAddresses)
        {
            return false;
        }

        foreach (var entry in entries)
        {
            if (!TryParseRange(entry, out var range))
            {
                return false;
            }

            ranges.Add(range);
        }

        return true;
    }

    private static bool TryParseRange(string entry, out IPNetwork range)
    {
        range = default;
        var slash = entry.IndexOf('/', StringComparison.Ordinal);
        if (!TryParseAddress(slash < 0 ? entry : entry[..slash], out var address))
        {
            return false;
        }

        var bits = address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;
        var prefix = bits;
        if (slash >= 0 && (!int.TryParse(entry.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out prefix) || prefix > bits))
        {
            return false;
        }

        if (address.IsIPv4MappedToIPv6 && prefix >= Ipv4MappedPrefix)
        {
            address = address.MapToIPv4();
            prefix -= Ipv4MappedPrefix;
        }

        // .NET clears bits beyond the prefix; OpenSSH refuses them, since one of the two parts must be a mistake.
        return IPNetwork.TryParse($"{address}/{prefix}", out range) && range.BaseAddress.Equals(address);
    }

    // The parser of .NET also takes 10, 0x0a.1 and scopes, in which a person and a machine may see different addresses.
    private static bool TryParseAddress(string text, out IPAddress address) =>
        IPAddress.TryParse(text, out address!)
        && (address.AddressFamily == AddressFamily.InterNetwork
            ? address.ToString() == text
            : text.All(c => char.IsAsciiHexDigit(c) || c is ':' or '.'));
}
