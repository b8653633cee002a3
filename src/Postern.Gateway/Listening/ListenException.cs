using System.Net;
using System.Net.Sockets;

namespace Postern.Gateway.Listening;

/// <summary>An address to listen on cannot be had; the message says which and what to do.</summary>
public sealed class ListenException(IPEndPoint endPoint, SocketException cause)
    : Exception(Describe(endPoint, cause), cause)
{
    private static string Describe(IPEndPoint endPoint, SocketException cause) => cause.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse => $"SSH cannot listen on {endPoint}: another program does. Stop it, or change ssh.listen.",
        SocketError.AccessDenied => $"SSH cannot listen on {endPoint}: ports below 1024 need root or CAP_NET_BIND_SERVICE. Change ssh.listen, or grant it.",
        SocketError.AddressNotAvailable => $"SSH cannot listen on {endPoint}: this machine has no such address. Change ssh.listen.",
        _ => $"SSH cannot listen on {endPoint}: {cause.Message}.",
    };
}
