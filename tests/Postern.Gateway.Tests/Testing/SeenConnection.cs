using System.Net;
using Postern.Ssh.Server;

namespace Postern.Gateway.Tests.Testing;

/// <summary>The engine's side of a connection, which keeps what the peer was told at its end.</summary>
internal sealed class SeenConnection(ConnectionInfo info) : ServerConnection
{
    public List<string> Goodbyes { get; } = [];

    public override ConnectionInfo Info { get; } = info;

    public static ConnectionInfo NewInfo(string address = "192.0.2.7") =>
        new(Guid.NewGuid().ToString("N")[..12], new IPEndPoint(IPAddress.Parse(address), 50_000), "SSH-2.0-test");

    public override void Disconnect(string peerMessage) => Goodbyes.Add(peerMessage);
}
