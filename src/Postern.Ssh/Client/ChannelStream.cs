using Postern.Ssh.Connection;

namespace Postern.Ssh.Client;

/// <summary>
/// A channel as a stream of both directions, with the windows of both sides as back-pressure: who does not read stops
/// the peer, and a write waits until the peer has room. One read and one write at a time.
/// </summary>
public sealed class ChannelStream : Stream
{
    private readonly ChannelReader _reader;
    private readonly StreamHandler? _handler;
    private Channel? _channel;

    /// <summary>A stream with a handler, which tells of itself when the channel is open.</summary>
    internal ChannelStream(Action<ChannelStream>? opened = null)
    {
        _reader = new ChannelReader();
        _handler = new StreamHandler(this, opened);
    }

    /// <summary>A stream of a channel that has a handler of its own.</summary>
    internal ChannelStream(ChannelReader reader) => _reader = reader;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException("a channel has no length");

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException("a channel has no position");
        set => throw new NotSupportedException("a channel has no position");
    }

    /// <summary>What serves the channel.</summary>
    internal IChannelHandler Handler => _handler!;

    /// <summary>Says that nothing more is written; reading goes on.</summary>
    public void CompleteWriting() => _channel?.SendEof();

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _reader.ReadAsync(buffer, cancellationToken);

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>
    /// Sends all of it. Throws <see cref="IOException"/> when the channel is over, or <see cref="CompleteWriting"/> was
    /// called.
    /// </summary>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var channel = _channel!;
        while (!buffer.IsEmpty)
        {
            var room = channel.RentData();
            if (room.IsEmpty)
            {
                if (!await channel.WaitToSendAsync(cancellationToken))
                {
                    throw new IOException("the channel takes nothing more");
                }

                continue;
            }

            var count = Math.Min(room.Length, buffer.Length);
            buffer[..count].CopyTo(room);
            channel.CommitData(count);
            buffer = buffer[count..];
        }
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override void Flush()
    {
        // What was written is on its way.
    }

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw OnlyAsync();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw OnlyAsync();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("a channel has no position");

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException("a channel has no length");

    internal void Open(Channel channel)
    {
        _channel = channel;
        _reader.Open(channel.ResumeReceive);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _reader.End();
            _channel?.Close();
        }

        base.Dispose(disposing);
    }

    // A thread that waits here could be the one that the data comes on.
    private static NotSupportedException OnlyAsync() => new("a channel is read and written asynchronously only");

    private sealed class StreamHandler(ChannelStream stream, Action<ChannelStream>? opened) : IChannelHandler
    {
        public void OnOpened(Channel channel)
        {
            stream.Open(channel);
            opened?.Invoke(stream);
        }

        public int OnData(ReadOnlySpan<byte> data) => stream._reader.Offer(data);

        public void OnEof() => stream._reader.End();

        public ValueTask<bool> OnRequestAsync(ChannelRequest request, CancellationToken cancellationToken) =>
            ValueTask.FromResult(false);

        public void OnClosed() => stream._reader.End();
    }
}
