using System.Net;
using Postern.Ssh.Connection;
using Postern.Ssh.Server;

namespace Postern.Gateway.Tests.Testing;

/// <summary>
/// The engine's side of a connection, which keeps what the peer was told at its end and refuses as a peer that opens
/// nothing does.
/// </summary>
internal sealed class SeenConnection(ConnectionInfo info) : ServerConnection
{
    public List<string> Goodbyes { get; } = [];

    public List<ChannelOpenRequest> Opened { get; } = [];

    /// <summary>What opening a channel waits for.</summary>
    public TaskCompletionSource? Opening { get; set; }

    public override ConnectionInfo Info { get; } = info;

    public static ConnectionInfo NewInfo(string address = "192.0.2.7") =>
        new(Guid.NewGuid().ToString("N")[..12], new IPEndPoint(IPAddress.Parse(address), 50_000), "SSH-2.0-test");

    public override async Task<ChannelOpenResult> OpenChannelAsync(
        ChannelOpenRequest request, IChannelHandler handler, CancellationToken cancellationToken)
    {
        lock (Opened)
        {
            Opened.Add(request);
        }

        if (Opening is { } opening)
        {
            await opening.Task;
        }

        handler.OnClosed();
        return new ChannelOpenResult.Refused(ChannelOpenFailureReason.AdministrativelyProhibited, "nothing opens here");
    }

    public override Task<GlobalReply> RequestAsync(GlobalRequest request, CancellationToken cancellationToken) =>
        Task.FromResult(GlobalReply.Failure);

    public override void Disconnect(string peerMessage) => Goodbyes.Add(peerMessage);
}
