using System.Diagnostics;

namespace Postern.Bench;

/// <summary>What tunnels can lead through.</summary>
internal interface ITunnelServer
{
    /// <summary>CPU seconds that the server has used so far.</summary>
    double CpuSeconds { get; }

    /// <summary>Starts a client that forwards a local port to the far end.</summary>
    Process StartTunnel(int localPort, string cipher);
}
