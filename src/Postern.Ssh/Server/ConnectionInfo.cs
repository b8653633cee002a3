using System.Net;

namespace Postern.Ssh.Server;

/// <summary>What is known of a connection apart from who it belongs to.</summary>
/// <param name="Id">A short random name, in every log line of the connection.</param>
/// <param name="RemoteEndPoint">
/// The client's address and port. With port 0 the client's address is not known, and this is the proxy that speaks for it:
/// nothing may be permitted by it.
/// </param>
/// <param name="ClientVersion">The client's identification string, printable ASCII.</param>
public sealed record ConnectionInfo(string Id, IPEndPoint RemoteEndPoint, string ClientVersion);
