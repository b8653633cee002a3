using System.Globalization;
using System.Net;
using Postern.Targets.Environments;
using Postern.Targets.Sandboxes;

namespace Postern.Targets.Tunnels;

/// <summary>
/// Decides what an app may be tunnelled to. Targets are compared as text with the few spellings that are documented
/// and never looked up or parsed as addresses, so no other way to write an address leads anywhere.
/// </summary>
internal static class TunnelDestinations
{
    /// <summary>The destination, or null when it is not the app's.</summary>
    internal static TunnelDestination? Resolve(AppInstance instance, string host, int port)
    {
        foreach ((string name, var relationship) in instance.App.Relationships)
        {
            ServiceEndpoint service = instance.Services[relationship.Service];
            string relationshipHost = PlatformVariables.GetRelationshipHost(name);
            bool isNamed = string.Equals(host, relationshipHost, StringComparison.Ordinal)
                || string.Equals(host, service.Address.Address.ToString(), StringComparison.Ordinal);
            if (isNamed && port == service.Address.Port)
            {
                return new TunnelDestination(MakeName(relationshipHost, port), service.Address);
            }
        }

        bool isOwnPort = host is "localhost" or "127.0.0.1"
            && (port == instance.Port || (instance.RealUserId is { } user && LocalListeners.IsOwnedBy(port, user)));
        return isOwnPort ? new TunnelDestination(MakeName("localhost", port), new IPEndPoint(IPAddress.Loopback, port)) : null;
    }

    private static string MakeName(string host, int port) => string.Create(CultureInfo.InvariantCulture, $"{host}:{port}");
}
