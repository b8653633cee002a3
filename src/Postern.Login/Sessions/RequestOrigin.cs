using System.Net;
using System.Net.Sockets;
using Postern.Directory.Sessions;

namespace Postern.Login.Sessions;

/// <summary>Where a request comes from, as sessions remember it.</summary>
/// <param name="Address">The client's address, IPv4 in its own form even on a dual-stack socket; null when unknown.</param>
/// <param name="UserAgent">The program's own name, printable and short; null when it gave none.</param>
internal sealed record RequestOrigin(string? Address, string? UserAgent)
{
    /// <summary>Characters that are kept of a user agent: enough to tell browser and system.</summary>
    private const int LongestUserAgent = 200;

    public static RequestOrigin Of(HttpContext context)
    {
        var agent = new string([.. context.Request.Headers.UserAgent.ToString().Where(c => c is >= ' ' and <= '~').Take(LongestUserAgent)]);
        return new(Normalize(context.Connection.RemoteIpAddress)?.ToString(), agent.Length == 0 ? null : agent);
    }

    /// <summary>The address whose attempts are counted together: one IPv6 customer usually has a whole /64.</summary>
    public static string CountedAddress(HttpContext context)
    {
        var address = Normalize(context.Connection.RemoteIpAddress);
        if (address is null || address.GetAddressBytes() is not { Length: 16 } bytes)
        {
            return address?.ToString() ?? "unknown";
        }

        Array.Clear(bytes, 8, 8);
        return new IPAddress(bytes) + "/64";
    }

    /// <summary>The wider network of an IPv6 address, whose attempts are counted as well; null for an IPv4 address, which is its own.</summary>
    public static string? CountedNetwork(HttpContext context) =>
        Normalize(context.Connection.RemoteIpAddress) is { AddressFamily: AddressFamily.InterNetworkV6 } address ? ClientNetwork.Of(address) : null;

    private static IPAddress? Normalize(IPAddress? address) =>
        address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
}
