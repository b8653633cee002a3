using System.Net;
using System.Net.Sockets;
using Postern.Cli.Hosting;

namespace Postern.Cli.Tunnels;

/// <summary>Which local port a tunnel gets.</summary>
internal static class TunnelPorts
{
    private const int First = 30000;
    private const int Lowest = 1024;
    private const int Highest = 65535;

    /// <summary>How many ports are tried before giving up.</summary>
    private const int Attempts = 30;

    // Ports that browsers refuse.
    private static readonly int[] Refused = [2049, 3659, 4045, 6000, 6665, 6666, 6667, 6668, 6669];

    public static bool IsValid(int port) => port is >= Lowest and <= Highest && !Refused.Contains(port);

    /// <summary>The port after the highest one open, or 30000; the first free one from there.</summary>
    public static int Choose(IReadOnlyCollection<int> open, Func<int, bool> isFree)
    {
        var start = open.Count == 0 ? First : open.Max() + 1;
        for (var port = start; port <= Math.Min(start + Attempts, Highest); port++)
        {
            if (IsValid(port) && !open.Contains(port) && isFree(port))
            {
                return port;
            }
        }

        throw CliException.Failure($"No free port was found from {start} to {start + Attempts}.\nClose some tunnels and try again.");
    }

    public static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
