using Postern.Ssh.Connection;

namespace Postern.Ssh.Server;

/// <summary>Answers requests for proofs of host keys, and leaves everything else to the connection's handler.</summary>
internal sealed class HostKeyProvingHandler(IConnectionHandler handler, HostKeyProofs proofs) : IConnectionHandler
{
    /// <inheritdoc/>
    public ValueTask<ChannelOpenDecision> OpenChannelAsync(ChannelOpenRequest request, CancellationToken cancellationToken) =>
        handler.OpenChannelAsync(request, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<GlobalReply> AnswerAsync(GlobalRequest request, CancellationToken cancellationToken) =>
        HostKeyProofs.IsProofRequest(request)
            ? proofs.ProveAsync(request)
            : handler.AnswerAsync(request, cancellationToken);
}
