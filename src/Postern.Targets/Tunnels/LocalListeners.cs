using System.Buffers.Binary;
using System.Globalization;
using System.Net;

namespace Postern.Targets.Tunnels;

/// <summary>
/// Knows which user listens on a loopback port of this machine. Apps share the network, and this tells the ports of one
/// from everybody else's.
/// </summary>
internal static class LocalListeners
{
    private const string Listening = "0A";
    private const int AddressColumn = 1;
    private const int PeerColumn = 2;
    private const int StateColumn = 3;
    private const int UserColumn = 7;

    /// <summary>Addresses as the kernel writes them that a connection to 127.0.0.1 reaches.</summary>
    private static readonly string[] Reached = [
        "0100007F", "00000000", "00000000000000000000000000000000", "0000000000000000FFFF00000100007F",
    ];

    private static readonly string[] Tables = ["/proc/net/tcp", "/proc/net/tcp6"];

    /// <summary>Whether every listener that a connection to 127.0.0.1 could reach belongs to a user, and there is one.</summary>
    internal static bool IsOwnedBy(int port, uint user)
        => IsOwnedBy(port, user, Tables.Where(File.Exists).SelectMany(File.ReadLines));

    /// <summary>Whether the other end of a connection to one of our listeners belongs to a user.</summary>
    /// <param name="client">The other end, an IPv4 address.</param>
    /// <param name="listener">Our end.</param>
    /// <param name="user">The user.</param>
    internal static bool IsClientOwnedBy(IPEndPoint client, IPEndPoint listener, uint user)
        => IsClientOwnedBy(client, listener, user, Tables.Where(File.Exists).SelectMany(File.ReadLines));

    internal static bool IsClientOwnedBy(IPEndPoint client, IPEndPoint listener, uint user, IEnumerable<string> lines)
    {
        string ours = Write(client);
        string theirs = Write(listener);
        string owner = user.ToString(CultureInfo.InvariantCulture);
        return lines
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Any(columns => columns.Length > UserColumn
                && columns[AddressColumn].EndsWith(ours, StringComparison.Ordinal)
                && columns[PeerColumn].EndsWith(theirs, StringComparison.Ordinal)
                && string.Equals(columns[UserColumn], owner, StringComparison.Ordinal));
    }

    // The same end in both tables: an IPv4 address in IPv6 form ends like the address itself.
    private static string Write(IPEndPoint endPoint)
        => $"{BinaryPrimitives.ReadUInt32LittleEndian(endPoint.Address.MapToIPv4().GetAddressBytes()):X8}:{endPoint.Port:X4}";

    internal static bool IsOwnedBy(int port, uint user, IEnumerable<string> lines)
    {
        string suffix = $":{port:X4}";
        string owner = user.ToString(CultureInfo.InvariantCulture);
        bool hasListener = false;
        foreach (string line in lines)
        {
            string[] columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (columns.Length > UserColumn
                && columns[StateColumn] is Listening
                && columns[AddressColumn].EndsWith(suffix, StringComparison.Ordinal)
                && Reached.Contains(columns[AddressColumn][..^suffix.Length]))
            {
                if (!string.Equals(columns[UserColumn], owner, StringComparison.Ordinal))
                {
                    return false;
                }

                hasListener = true;
            }
        }

        return hasListener;
    }
}
