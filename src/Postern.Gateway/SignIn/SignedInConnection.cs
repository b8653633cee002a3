using Postern.Ssh.Connection;
using Postern.Ssh.Server;

namespace Postern.Gateway.SignIn;

/// <summary>A connection whose session was made for it and ends with it.</summary>
internal sealed class SignedInConnection(IServerConnectionHandler handler, Action endSession) : IServerConnectionHandler
{
    /// <inheritdoc/>
    public void OnAuthenticated(ServerConnection connection) => handler.OnAuthenticated(connection);

    /// <inheritdoc/>
    public ValueTask<ChannelOpenDecision> OpenChannelAsync(ChannelOpenRequest request, CancellationToken cancellationToken) =>
        handler.OpenChannelAsync(request, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<GlobalReply> AnswerAsync(GlobalRequest request, CancellationToken cancellationToken) =>
        handler.AnswerAsync(request, cancellationToken);

    /// <inheritdoc/>
    public void OnEnded(ConnectionEnd end)
    {
        handler.OnEnded(end);
        endSession();
    }
}
