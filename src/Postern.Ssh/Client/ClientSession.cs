using System.Text;
using Postern.Ssh.Connection;

namespace Postern.Ssh.Client;

/// <summary>
/// A session channel (RFC 4254 section 6): ask for what it needs, start one thing, then write <see cref="Stream"/> and
/// read it to its end; <see cref="Exit"/> comes behind the output, as on the wire, and not before that is read.
/// </summary>
public sealed class ClientSession : IChannelHandler, IAsyncDisposable
{
    private readonly ChannelReader _output = new();
    private readonly ChannelReader _error = new();
    private readonly TaskCompletionSource<SessionExit> _exit = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly bool _wantsErrors;
    private Channel _channel = null!;

    // Dispatch lock.
    private SessionExit _reported = SessionExit.Unknown;

    internal ClientSession(bool wantsErrors)
    {
        _wantsErrors = wantsErrors;
        Stream = new ChannelStream(_output);
    }

    /// <summary>Writes to what runs, and reads what it prints.</summary>
    public ChannelStream Stream { get; }

    /// <summary>How it ended: completes, and never fails, when the channel is over.</summary>
    public Task<SessionExit> Exit => _exit.Task;

    /// <inheritdoc/>
    bool IChannelHandler.WantsStandardError => _wantsErrors;

    /// <summary>
    /// Reads what it prints as errors; 0 at the end, and at once unless the session was opened for it. Whoever opened it
    /// so reads both, for what waits to be read holds up what comes behind it.
    /// </summary>
    public ValueTask<int> ReadErrorAsync(Memory<byte> buffer, CancellationToken cancellationToken) => _wantsErrors
        ? _error.ReadAsync(buffer, cancellationToken)
        : new ValueTask<int>(0);

    /// <summary>
    /// Asks for something (a terminal, a variable, a signal) and says whether it was granted; false when the channel is
    /// over.
    /// </summary>
    public Task<bool> RequestAsync(ChannelRequest request, CancellationToken cancellationToken) =>
        _channel.RequestAsync(request, cancellationToken);

    /// <summary>Tells something that nobody answers: a window-change or a signal.</summary>
    public void Send(ChannelRequest request) => _channel.Send(request);

    /// <summary>Asks for a pseudo-terminal (section 6.2) without modes of its own.</summary>
    public Task<bool> RequestTerminalAsync(string terminal, TerminalSize size, CancellationToken cancellationToken) =>
        RequestAsync(new ChannelRequest.PseudoTerminal(terminal, size, EndOfModes), cancellationToken);

    /// <summary>Starts a command (section 6.5).</summary>
    public Task<bool> ExecuteAsync(string command, CancellationToken cancellationToken) =>
        RequestAsync(new ChannelRequest.Exec(Encoding.UTF8.GetBytes(command)), cancellationToken);

    /// <summary>Closes the channel, whatever runs, and waits until the server has done so too.</summary>
    public async ValueTask DisposeAsync()
    {
        await Stream.DisposeAsync();
        _error.End();
        await _exit.Task;
    }

    void IChannelHandler.OnOpened(Channel channel)
    {
        _channel = channel;
        Stream.Open(channel);
        _error.Open(channel.ResumeReceive);
    }

    int IChannelHandler.OnData(ReadOnlySpan<byte> data) => _output.Offer(data);

    int IChannelHandler.OnStandardError(ReadOnlySpan<byte> data) => _error.Offer(data);

    void IChannelHandler.OnEof()
    {
        _output.End();
        _error.End();
    }

    ValueTask<bool> IChannelHandler.OnRequestAsync(ChannelRequest request, CancellationToken cancellationToken)
    {
        // The first report counts.
        switch (request)
        {
            case ChannelRequest.ExitStatus exit when _reported == SessionExit.Unknown:
                _reported = new SessionExit(exit.Status, null, IsCoreDumped: false, "");
                return ValueTask.FromResult(true);
            case ChannelRequest.ExitSignal exit when _reported == SessionExit.Unknown:
                _reported = new SessionExit(null, exit.Name, exit.IsCoreDumped, exit.PeerMessage);
                return ValueTask.FromResult(true);
            default:
                return ValueTask.FromResult(false);
        }
    }

    void IChannelHandler.OnClosed()
    {
        _output.End();
        _error.End();
        _exit.TrySetResult(_reported);
    }

    // TTY_OP_END (section 8).
    private static readonly byte[] EndOfModes = [0];
}
