namespace Postern.Ssh.Connection;

/// <summary>Serves a channel that the peer opened for us when nobody waited for it any more.</summary>
internal sealed class UnwantedChannel : IChannelHandler
{
    /// <inheritdoc/>
    public void OnOpened(Channel channel) => channel.Close();

    /// <inheritdoc/>
    public int OnData(ReadOnlySpan<byte> data) => data.Length;

    /// <inheritdoc/>
    public void OnEof()
    {
    }

    /// <inheritdoc/>
    public ValueTask<bool> OnRequestAsync(ChannelRequest request, CancellationToken cancellationToken) =>
        ValueTask.FromResult(false);

    /// <inheritdoc/>
    public void OnClosed()
    {
    }
}
