using Postern.Ssh.EventLoops;

namespace Postern.Ssh.Connection;

/// <summary>The engine's end of one open channel: what a handler sends with. Safe to call from any thread.</summary>
public abstract class Channel
{
    /// <summary>Our number for the channel on its connection.</summary>
    public abstract uint Number { get; }

    /// <summary>
    /// The event loop that the channel's connection runs on. What the channel leads to is best watched there too, so that
    /// bytes pass without changing threads.
    /// </summary>
    public abstract EventLoop Loop { get; }

    /// <summary>
    /// Waits until the peer's window and the connection's send queue have room. Returns false when the channel is
    /// over. One wait at a time for each channel. Wait for something to send before renting, for instance with a read
    /// of zero bytes, so that an idle channel holds no packet.
    /// </summary>
    public abstract ValueTask<bool> WaitToSendAsync(CancellationToken cancellationToken);

    /// <summary>
    /// A buffer inside a pooled outgoing packet, at most as large as window and maximum packet allow; empty when
    /// there is no room now. Fill it and call <see cref="CommitData"/>, or give it back with a length of 0.
    /// </summary>
    public abstract Memory<byte> RentData();

    /// <summary>
    /// The same for several packets, so that one read fills them: how many buffers there is room for now, 0 for none. What
    /// is committed afterwards is a length over all of them, one behind another; what it does not reach is given back.
    /// </summary>
    public abstract int RentData(Span<Memory<byte>> buffers);

    /// <summary>Sends the first <paramref name="length"/> bytes of the rented buffer as CHANNEL_DATA.</summary>
    public abstract void CommitData(int length);

    /// <summary>Sends the first <paramref name="length"/> bytes of the rented buffer as CHANNEL_EXTENDED_DATA of stderr.</summary>
    public abstract void CommitStandardError(int length);

    /// <summary>
    /// Appends the first <paramref name="length"/> bytes of the rented buffer as CHANNEL_DATA without sending yet: for
    /// several packets that are to leave together with <see cref="Flush"/>.
    /// </summary>
    public abstract void AppendData(int length);

    /// <summary>Sends what was appended.</summary>
    public abstract void Flush();

    /// <summary>
    /// What <see cref="WaitToSendAsync"/> is, without a task: when the answer is <see cref="ChannelRoom.Later"/>,
    /// <paramref name="whenAnswered"/> runs on the loop, once, when there is room or the channel is over.
    /// </summary>
    public abstract ChannelRoom AwaitRoom(IThreadPoolWorkItem whenAnswered);

    /// <summary>Sends CHANNEL_EOF, once; nothing may be sent as data after it.</summary>
    public abstract void SendEof();

    /// <summary>
    /// Sends a request (RFC 4254 section 5.4) and gives the peer's answer: false when it refused, or the channel ended
    /// first. Cancelling gives up the wait, not the request. Throws <see cref="InvalidOperationException"/> when more
    /// requests are unanswered than <see cref="ChannelLimits.PendingAnswers"/>.
    /// </summary>
    public abstract Task<bool> RequestAsync(ChannelRequest request, CancellationToken cancellationToken);

    /// <summary>Sends a request that nobody wants an answer to.</summary>
    public abstract void Send(ChannelRequest request);

    /// <summary>Sends exit-status (RFC 4254 section 6.10); call it before <see cref="SendEof"/> and <see cref="Close"/>.</summary>
    public abstract void SendExitStatus(uint status);

    /// <summary>Sends exit-signal (RFC 4254 section 6.10); the name has no SIG in front.</summary>
    public abstract void SendExitSignal(string signalName, bool isCoreDumped, string message);

    /// <summary>
    /// Sends how a command ended (<see cref="ChannelRequest.ExitStatus"/> or <see cref="ChannelRequest.ExitSignal"/>), EOF and
    /// CLOSE, in that order and together; what <see cref="Close"/> says holds for it too.
    /// </summary>
    public abstract void Finish(ChannelRequest outcome);

    /// <summary>Sends CHANNEL_CLOSE after all that was queued; the handler is told when the peer has closed too.</summary>
    public abstract void Close();

    /// <summary>Says that the handler may take data again; the engine offers what it kept, on its own loop.</summary>
    public abstract void ResumeReceive();
}
