using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Postern.Ssh.Connection;
using Postern.Ssh.EventLoops;
using Postern.Ssh.Server;
using Postern.Ssh.Transport.KeyExchange;

namespace Postern.Ssh.Transport;

/// <summary>
/// One connection from the first byte to the last, whichever side we are. The receive loop reads packets and, under the
/// dispatch lock, has <see cref="PacketDispatch"/> take them one after another; whatever other threads have for the connection (a
/// handler that can take data again, a decision that was made) they post, and the lock's next holder looks after it. When it ends
/// is <see cref="ConnectionEnding"/>'s matter, when it gets new keys <see cref="RekeyTiming"/>'s.
/// </summary>
internal sealed class ConnectionLoop : ISendQueueOwner, IThreadPoolWorkItem, IDisposable
{
    // Held while a packet or a posted matter is handled; every handler is called under it. Taken before any other.
    private readonly Lock _dispatch = new();

    private readonly IConnectionRole _role;
    private readonly RekeyTiming _rekey;
    private readonly Socket _socket;
    private readonly LoopDescriptor _descriptor;
    private readonly TransportLimits _limits;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ConnectionEnding _ending;
    private readonly MemoryAccount _memory;

    // Receive loop only.
    private readonly TrafficPace _pace;
    private Task? _suspension;

    // Dispatch lock.
    private readonly PacketDispatch _packets;

    // Any thread.
    private int _isDispatchRequested;

    public ConnectionLoop(
        IConnectionRole role,
        Socket socket,
        EventLoop loop,
        TransportLimits limits,
        TimeProvider time,
        string id,
        ILogger logger,
        EngineMetrics? metrics)
    {
        socket.NoDelay = true;
        socket.Blocking = false;
        _role = role;
        _socket = socket;
        _limits = limits;
        _time = time;
        Line = new LineMeter(socket, time);
        _logger = logger;
        Id = id;
        Reached = new ReachedLimits(id, logger, metrics?.LimitsReached);
        _descriptor = loop.Watch(socket.SafeHandle, () => Reader!.OnReadable(), () => Send!.OnWritable());
        _pace = new TrafficPace(_descriptor);
        loop.CountConnection(1);
        _memory = limits.Memory.Open(EndForMemory);
        Send = new SendQueue(_descriptor, limits, _memory, this);
        Reader = new PacketReader(_descriptor, limits, _memory);
        _ending = new ConnectionEnding(socket, Send, Reached, id, logger);
        _rekey = new RekeyTiming(limits, time, RequestDispatch, OnRekeyTimeout);
        _packets = new PacketDispatch(role, limits, _rekey, new RekeyBudget(limits, time), id, logger, Send, Reader, _ending);
        Grace = new LoginGrace(time, OnGraceOver);
    }

    /// <summary>A short random name, in every log line of the connection.</summary>
    public string Id { get; }

    /// <summary>What hears of limits that are reached.</summary>
    public ReachedLimits Reached { get; }

    /// <summary>What goes out. Any thread.</summary>
    public SendQueue Send { get; }

    /// <summary>The line to the peer.</summary>
    public LineMeter Line { get; }

    /// <summary>What comes in. Receive loop only.</summary>
    public PacketReader Reader { get; }

    /// <summary>The time to sign in. Receive loop only.</summary>
    public LoginGrace Grace { get; }

    /// <summary>What was done so far. Any thread, which may see older numbers.</summary>
    public ConnectionCounts Counts => new(
        Reader.TotalBytes, Send.TotalBytes, _packets.Rekeys, Channels?.Count ?? 0, Channels?.RefusedOpens ?? 0);

    /// <summary>Cancelled when the connection ends.</summary>
    public CancellationToken Ended => _ending.Token;

    /// <summary>Why it ended, in a sentence of ours or of the peer without control characters; empty before.</summary>
    public string EndMessage => _ending.Message;

    /// <summary>Whether authentication has succeeded. Dispatch lock.</summary>
    public bool IsAuthenticated => Channels is not null;

    /// <summary>Whether it ended because the grace was over. After its end.</summary>
    public bool IsGraceOver { get; private set; }

    /// <summary>The channels; null until <see cref="Open"/>, and then the same to the end. Any thread.</summary>
    public Multiplexer? Channels => _packets.Channels;

    /// <summary>
    /// Exchanges versions and keys and takes packets to the connection's end; never throws for anything that a peer does.
    /// </summary>
    /// <param name="exchange">The side's key exchange.</param>
    /// <param name="version">Our identification string.</param>
    /// <param name="grace">Time until authentication must have succeeded.</param>
    /// <param name="standstill">The most that questions to a person add to it.</param>
    public async Task<ConnectionEnd> RunAsync(KeyExchangeSide exchange, string version, TimeSpan grace, TimeSpan standstill)
    {
        try
        {
            Grace.Start(grace, standstill);
            await ReceiveAsync(exchange, version);
        }
        catch (OperationCanceledException) when (_ending.Token.IsCancellationRequested)
        {
            // The reason is recorded already.
            _ending.EndReceiving(ConnectionEnd.LocalDisconnect);
        }
        catch (Exception exception)
        {
            _ending.FailReceiving(exception);
        }
        finally
        {
            await CloseAsync();
        }

        return _ending.Reason;
    }

    /// <summary>
    /// Records the first reason, says goodbye if there is a text for the peer, and has the receive loop stop. Any
    /// thread, also under locks.
    /// </summary>
    public void End(ConnectionEnd end, DisconnectCode code = default, string? peerMessage = null) =>
        _ending.End(end, code, peerMessage);

    /// <summary>
    /// Under the dispatch lock: has nothing more read until the task is over; then <see cref="IConnectionRole.OnResumed"/>
    /// takes its effects. What is appended meanwhile waits, when the task is over at once, until those are there.
    /// </summary>
    public void Suspend(Task task) => _suspension = task;

    /// <summary>
    /// Under the dispatch lock: has nothing more read until the task, which must not fail, is over, unless something else has that
    /// already: for an answer that is better sent before the next packet is looked at, but need not be.
    /// </summary>
    public void HoldReading(Task task) => _suspension ??= task;

    /// <summary>Under the dispatch lock: authentication has succeeded, and channels may open.</summary>
    public void Open(Multiplexer multiplexer)
    {
        Grace.Dispose();
        _packets.Open(multiplexer);
    }

    /// <summary>Has the dispatch lock's next holder look for what was posted. Any thread.</summary>
    public void RequestDispatch()
    {
        // Whoever holds the lock now looks once more before it lets go; if it is us, that is sure.
        if (Interlocked.Exchange(ref _isDispatchRequested, 1) == 0 && !_dispatch.IsHeldByCurrentThread)
        {
            _descriptor.Loop.Post(this);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Reader.Dispose();
        Send.Dispose();
        _ending.Dispose();
        _descriptor.Dispose();
        _descriptor.Loop.CountConnection(-1);
        _socket.Dispose();
        _memory.Dispose();
    }

    /// <inheritdoc/>
    void ISendQueueOwner.OnSendFailed(Exception? fault)
    {
        if (fault is null)
        {
            End(ConnectionEnd.TransportClosed);
        }
        else
        {
            _ending.Fail(fault);
        }
    }

    /// <inheritdoc/>
    void ISendQueueOwner.OnSendOverflow() => _ending.Fail(DisconnectException.Reached(
        EngineLimit.Answers, $"more than {_limits.QueuedControl} bytes of answers wait to be read"));

    /// <inheritdoc/>
    void ISendQueueOwner.OnSendKeyWornOut() => _rekey.Request();

    /// <summary>On the event loop: takes the dispatch lock for those who posted something.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        try
        {
            lock (_dispatch)
            {
                TakePosted();
            }
        }
        catch (Exception exception)
        {
            _ending.Fail(exception);
        }

        Send.Flush();
    }

    private async Task ReceiveAsync(KeyExchangeSide exchange, string version)
    {
        Send.Identify(version + "\r\n");
        lock (_dispatch)
        {
            _packets.Start(exchange);
        }

        Send.Flush();
        if (!await ReadIdentificationAsync())
        {
            _ending.EndReceiving(ConnectionEnd.TransportClosed);
            return;
        }

        while (!_ending.HasEnded)
        {
            _pace.Note(Reader.TotalBytes + Send.TotalBytes);
            lock (_dispatch)
            {
                ReceivePackets();
                TakePosted();
            }

            if (_suspension is not { IsCompleted: true })
            {
                Send.Flush();
            }

            if (_suspension is not null)
            {
                // Flushes when a login stands, so that the peer never hears of a success that the grace timer may undo.
                await ResumeAsync(_suspension);
            }
            else if (!_ending.HasEnded && !await Reader.FillAsync())
            {
                _ending.EndReceiving(ConnectionEnd.TransportClosed);
            }
        }
    }

    private async Task<bool> ReadIdentificationAsync()
    {
        while (true)
        {
            var length = _role.ReadIdentification(Reader.Unread, out var version);
            if (length > 0)
            {
                Reader.Skip(length);
            }

            if (version is not null)
            {
                _packets.TakeVersion(version);
                return true;
            }

            if (length == 0 && !await Reader.FillAsync())
            {
                return false;
            }
        }
    }

    private async Task ResumeAsync(Task suspension)
    {
        if (!suspension.IsCompleted)
        {
            Reader.Pause();
        }

        await suspension;
        Reader.GoOn();
        lock (_dispatch)
        {
            _suspension = null;
            _role.OnResumed();

            // What was waited for may be among it, and goes out before the next packet is looked at.
            TakePosted();
        }

        Send.Flush();
    }

    private void ReceivePackets()
    {
        try
        {
            while (_suspension is null && !_ending.HasEnded && Reader.TryRead(out var packet))
            {
                _packets.Receive(packet);
            }
        }
        finally
        {
            // Also what came before a fault.
            _packets.HandOverData();
        }

        _packets.LookAtWear();
    }

    /// <summary>Under the dispatch lock: looks after what was posted.</summary>
    private void TakePosted()
    {
        while (Interlocked.Exchange(ref _isDispatchRequested, 0) == 1)
        {
            _packets.TakePosted();
        }
    }

    private void OnRekeyTimeout() =>
        End(ConnectionEnd.ProtocolError, DisconnectCode.KeyExchangeFailed, "the key exchange took too long");

    private void EndForMemory(long held)
    {
        _logger.EndedForMemory(Id, held, _limits.Memory.Limit);
        End(ConnectionEnd.MemoryShortage, DisconnectCode.ByApplication, "the server is short of memory, and this connection held most of it");
    }

    private void OnGraceOver()
    {
        // The timer may have fired while authentication succeeded.
        lock (_dispatch)
        {
            if (Channels is null)
            {
                IsGraceOver = !_ending.HasEnded;
                End(ConnectionEnd.AuthenticationFailed, DisconnectCode.ByApplication, "nobody was authenticated in time");
            }
        }
    }

    private async Task CloseAsync()
    {
        Grace.Dispose();

        await _ending.StopAsync(_limits.LingerTimeout, _time);
        Task handlers;
        lock (_dispatch)
        {
            _rekey.Dispose();
            handlers = Channels?.EndAsync() ?? Task.CompletedTask;

            // Also what a fault kept from being looked after: whoever posts later would rely on it.
            TakePosted();
        }

        _descriptor.Dispose();
        _socket.Dispose();
        Send.Flush();
        await Send.WaitUntilDrainedAsync();
        try
        {
            await handlers;
        }
        catch (Exception exception)
        {
            // What a handler does wrong when it is cancelled must not keep the others from being told.
            _logger.ConnectionFailed(exception, Id);
        }

        try
        {
            lock (_dispatch)
            {
                try
                {
                    Channels?.Dispose();
                    _role.OnEnded(_ending.Reason);
                }
                finally
                {
                    TakePosted();
                }
            }
        }
        catch (Exception exception)
        {
            _logger.ConnectionFailed(exception, Id);
        }
    }
}
