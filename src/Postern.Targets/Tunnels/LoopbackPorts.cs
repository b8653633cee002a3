using System.Net;
using System.Net.Sockets;
using Postern.Targets.Sandboxes;

namespace Postern.Targets.Tunnels;

/// <summary>
/// Takes ports of the loopback address for an app. Apps share it with the machine, so what belongs to others is never
/// taken, and only the app's own user gets through to the person.
/// </summary>
internal static class LoopbackPorts
{
    private const int FirstUnprivileged = 1024;
    private const int Backlog = 128;

    /// <summary>Tries for a free port outside of the apps' range; the kernel's own choice is hardly ever inside.</summary>
    private const int Tries = 8;

    /// <summary>Listens on a port, or on any for 0.</summary>
    /// <exception cref="TargetException">It is not the app's to take, or taken.</exception>
    internal static Socket Listen(AppInstance instance, ProcessTargetConfig config, int port)
    {
        if (port != 0 && !IsAllowed(instance, config, port))
        {
            throw Failure(port, "it is privileged or given to another app");
        }

        for (int i = 0; i < Tries; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                socket.Listen(Backlog);
                if (IsAllowed(instance, config, ((IPEndPoint)socket.LocalEndPoint!).Port))
                {
                    return socket;
                }

                socket.Dispose();
            }
            catch (SocketException exception)
            {
                socket.Dispose();
                throw Failure(port, exception.Message);
            }
        }

        throw Failure(port, "the machine gave only ports of apps");
    }

    /// <summary>Whether a connection to our listener was made by the app's user; everybody is welcome without one.</summary>
    internal static bool IsFromApp(AppInstance instance, Socket accepted)
        => instance.RealUserId is not { } user
            || LocalListeners.IsClientOwnedBy((IPEndPoint)accepted.RemoteEndPoint!, (IPEndPoint)accepted.LocalEndPoint!, user);

    private static bool IsAllowed(AppInstance instance, ProcessTargetConfig config, int port)
        => port >= FirstUnprivileged
            && (port == instance.Port || port < config.FirstAppPort || port >= config.FirstAppPort + config.AppPortCount);

    private static TargetException Failure(int port, string why) => new(
        TargetFailure.ListenFailed, $"Port {port} of the app cannot be listened on.", $"Port {port} cannot be forwarded: {why}.");
}
