using System.Net;

namespace Postern.Gateway.Listening.ProxyProtocol;

/// <summary>
/// What a proxy said about a connection, by the PROXY protocol
/// (https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt).
/// </summary>
/// <param name="Client">
/// The client's address and port, or null when the connection is the proxy's own (LOCAL, as health checks are) or the proxy
/// does not know an IP address (UNKNOWN, AF_UNSPEC, AF_UNIX): the proxy itself is the client then.
/// </param>
public sealed record ProxyHeader(IPEndPoint? Client);
