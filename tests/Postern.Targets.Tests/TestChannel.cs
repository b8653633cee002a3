using System.Runtime.InteropServices;
using System.Text;
using Postern.Ssh.Connection;
using Postern.Ssh.EventLoops;

namespace Postern.Targets.Tests;

/// <summary>
/// A channel as a handler sees one, with a window that the test opens and a record of what was sent in which order.
/// </summary>
internal sealed class TestChannel(IChannelHandler handler, int window = 2 << 20, int maxPacket = 32 * 1024) : Channel
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly MemoryStream _output = new();
    private readonly MemoryStream _errors = new();
    private readonly List<string> _events = [];
    private readonly List<(string Text, TaskCompletionSource Reached)> _waits = [];
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<byte> _kept = [];
    private TaskCompletionSource<bool>? _room;
    private byte[]? _rented;
    private int _window = window;
    private bool _isOver;
    private bool _hasPeerEof;

    public override uint Number => 0;

    public override EventLoop Loop { get; } = EventLoopGroup.Shared.Take();

    public IReadOnlyList<string> Events
    {
        get
        {
            lock (_gate)
            {
                return [.. _events];
            }
        }
    }

    public byte[] Output
    {
        get
        {
            lock (_gate)
            {
                return _output.ToArray();
            }
        }
    }

    public string OutputText => Encoding.UTF8.GetString(Output);

    public string ErrorText
    {
        get
        {
            lock (_gate)
            {
                return Encoding.UTF8.GetString(_errors.ToArray());
            }
        }
    }

    public int? ExitStatus { get; private set; }

    public string? ExitSignal { get; private set; }

    /// <summary>Called after each packet of data, on the thread that sends it.</summary>
    public Action WhenSent { get; set; } = () => { };

    /// <summary>How often room that was there is gone when it is asked for, since another channel was faster.</summary>
    public int LostRooms { get; set; }

    public int Unconsumed
    {
        get
        {
            lock (_gate)
            {
                return _kept.Count;
            }
        }
    }

    public static TestChannel Open(IChannelHandler handler, int window = 2 << 20, int maxPacket = 32 * 1024)
    {
        var channel = new TestChannel(handler, window, maxPacket);
        handler.OnOpened(channel);
        return channel;
    }

    public Task<bool> RequestAsync(ChannelRequest request)
        => handler.OnRequestAsync(request, CancellationToken.None).AsTask().WaitAsync(Patience);

    public void Send(string text) => Send(Encoding.UTF8.GetBytes(text));

    public void Send(ReadOnlySpan<byte> data)
    {
        lock (_gate)
        {
            _kept.AddRange(data);
            Offer();
        }
    }

    public void SendPeerEof()
    {
        lock (_gate)
        {
            _hasPeerEof = true;
            Offer();
        }
    }

    public void OpenWindow(int bytes)
    {
        TaskCompletionSource<bool>? room;
        lock (_gate)
        {
            _window = Math.Min(_window + bytes, 4 << 20); // Tests open it in a loop.
            room = _room;
            _room = null;
        }

        room?.SetResult(true);
    }

    public void Drop()
    {
        ClosePeer();
        handler.OnClosed();
    }

    /// <summary>The peer closes, so that nothing can be sent; the handler hears of it when it has taken what was kept.</summary>
    public void ClosePeer()
    {
        lock (_gate)
        {
            _isOver = true;
            _room?.SetResult(false);
            _room = null;
        }
    }

    public async Task WaitForOutputAsync(string text)
    {
        Task reached;
        lock (_gate)
        {
            if (OutputText.Contains(text, StringComparison.Ordinal))
            {
                return;
            }

            var wait = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waits.Add((text, wait));
            reached = wait.Task;
        }

        try
        {
            await reached.WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"'{text}' did not come; there was: {OutputText} / {ErrorText}");
        }
    }

    public async Task WaitForCloseAsync()
    {
        try
        {
            await _closed.Task.WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"The channel was not closed; there was: {OutputText} / {ErrorText} / {string.Join(' ', Events)}");
        }

        handler.OnClosed();
    }

    public override async ValueTask<bool> WaitToSendAsync(CancellationToken cancellationToken)
    {
        Task<bool> room;
        lock (_gate)
        {
            if (_isOver)
            {
                return false;
            }

            if (_window > 0)
            {
                return true;
            }

            Assert.Null(_room);
            _room = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            room = _room.Task;
        }

        return await room.WaitAsync(cancellationToken);
    }

    public override Memory<byte> RentData()
    {
        lock (_gate)
        {
            Assert.Null(_rented);
            if (LostRooms > 0)
            {
                LostRooms--;
                return default;
            }

            if (_window == 0 || _isOver)
            {
                return default;
            }

            _rented = new byte[Math.Min(_window, maxPacket)];
            return _rented;
        }
    }

    public override int RentData(Span<Memory<byte>> buffers)
    {
        lock (_gate)
        {
            var whole = RentData();
            if (whole.IsEmpty)
            {
                return 0;
            }

            // One array for all of them, which the handler has no way of seeing.
            var count = Math.Min(buffers.Length, 1 + ((_window - 1) / maxPacket));
            _rented = new byte[Math.Min(_window, count * maxPacket)];
            for (var i = 0; i < count; i++)
            {
                buffers[i] = _rented.AsMemory(i * maxPacket, Math.Min(maxPacket, _rented.Length - (i * maxPacket)));
            }

            return count;
        }
    }

    public override void CommitData(int length) => Commit(length, _output);

    public override void AppendData(int length) => Commit(length, _output);

    public override void Flush()
    {
        // What is appended is recorded at once.
    }

    public override ChannelRoom AwaitRoom(IThreadPoolWorkItem whenAnswered)
    {
        ValueTask<bool> room = WaitToSendAsync(CancellationToken.None);
        if (room.IsCompletedSuccessfully)
        {
            return room.Result ? ChannelRoom.Now : ChannelRoom.Never;
        }

        _ = room.AsTask().ContinueWith(_ => Loop.Post(whenAnswered), TaskScheduler.Default);
        return ChannelRoom.Later;
    }

    public override void CommitStandardError(int length) => Commit(length, _errors);

    public override void SendEof() => Record("eof");

    public override Task<bool> RequestAsync(ChannelRequest request, CancellationToken cancellationToken)
    {
        Send(request);
        return Task.FromResult(true);
    }

    public override void Send(ChannelRequest request) => Record($"request {request.GetType().Name}");

    public override void SendExitStatus(uint status)
    {
        ExitStatus = (int)status;
        Record($"exit-status {status}");
    }

    public override void SendExitSignal(string signalName, bool isCoreDumped, string message)
    {
        ExitSignal = signalName;
        Record($"exit-signal {signalName}");
    }

    public override void Finish(ChannelRequest outcome)
    {
        switch (outcome)
        {
            case ChannelRequest.ExitStatus exit:
                SendExitStatus(exit.Status);
                break;
            case ChannelRequest.ExitSignal exit:
                SendExitSignal(exit.Name, exit.IsCoreDumped, exit.PeerMessage);
                break;
            default:
                Assert.Fail($"{outcome} is not how a command ends");
                break;
        }

        SendEof();
        Close();
    }

    public override void Close()
    {
        Record("close");
        _closed.TrySetResult();
    }

    public override void ResumeReceive()
    {
        // The engine offers on its own loop, never from inside the call.
        ThreadPool.QueueUserWorkItem(_ =>
        {
            lock (_gate)
            {
                Offer();
            }
        });
    }

    private void Offer()
    {
        if (_kept.Count > 0)
        {
            int taken = handler.OnData(CollectionsMarshal.AsSpan(_kept));
            _kept.RemoveRange(0, taken);
        }

        if (_kept.Count == 0 && _hasPeerEof)
        {
            _hasPeerEof = false;
            handler.OnEof();
        }
    }

    private void Commit(int length, MemoryStream stream)
    {
        lock (_gate)
        {
            Assert.NotNull(_rented);
            Assert.DoesNotContain("eof", _events);
            stream.Write(_rented, 0, length);
            _rented = null;
            _window -= length;
            foreach (var wait in _waits.ToArray())
            {
                if (Encoding.UTF8.GetString(_output.ToArray()).Contains(wait.Text, StringComparison.Ordinal))
                {
                    _waits.Remove(wait);
                    wait.Reached.SetResult();
                }
            }
        }

        WhenSent();
    }

    private void Record(string what)
    {
        lock (_gate)
        {
            _events.Add(what);
        }
    }
}
