namespace Postern.Ssh.Connection;

/// <summary>
/// Serves one channel. All calls for a channel come one after another, in the order of the wire, from the
/// connection's receive loop; none may block. What takes time returns an unfinished task (requests) or takes fewer
/// bytes than it was offered (data).
/// </summary>
public interface IChannelHandler
{
    /// <summary>The open confirmation is on its way; from here on the handler may send on <paramref name="channel"/>.</summary>
    void OnOpened(Channel channel);

    /// <summary>
    /// Offers data from the peer, a view that is valid only during the call. Returns how many bytes were taken now;
    /// the engine keeps the rest (the window bounds it) and offers it again after <see cref="Channel.ResumeReceive"/>.
    /// The peer gets credit for taken bytes only.
    /// </summary>
    int OnData(ReadOnlySpan<byte> data);

    /// <summary>
    /// The same for data that came together in several packets, <see cref="EventLoops.LoopDescriptor.MaximumBuffers"/> at
    /// most, for handlers that hand it on with one call.
    /// </summary>
    int OnData(ReadOnlySpan<ReadOnlyMemory<byte>> pieces)
    {
        var taken = 0;
        foreach (var piece in pieces)
        {
            var count = OnData(piece.Span);
            taken += count;
            if (count != piece.Length)
            {
                break;
            }
        }

        return taken;
    }

    /// <summary>
    /// Whether <see cref="OnStandardError"/> is called. Data beside the main stream is dropped, and gives its window
    /// back at once, for handlers that have no use for it: all those of servers.
    /// </summary>
    bool WantsStandardError => false;

    /// <summary>The same as <see cref="OnData(ReadOnlySpan{byte})"/> for what the peer's command prints as errors, in order with it.</summary>
    int OnStandardError(ReadOnlySpan<byte> data) => data.Length;

    /// <summary>
    /// The peer sends no more data on the channel and all of it has been taken. The other direction goes on.
    /// </summary>
    void OnEof();

    /// <summary>
    /// A request on the channel (RFC 4254 section 5.4); true for success. Further requests and data of the channel
    /// wait for the answer, other channels do not.
    /// </summary>
    ValueTask<bool> OnRequestAsync(ChannelRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// The channel is over, because both sides closed it or the connection ended. Called exactly once; also, without
    /// <see cref="OnOpened"/> before it, when the channel was granted to a connection that had ended meanwhile.
    /// </summary>
    void OnClosed();
}
