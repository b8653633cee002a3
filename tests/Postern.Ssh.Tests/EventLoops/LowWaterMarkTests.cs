using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Win32.SafeHandles;
using Postern.Ssh.EventLoops;
using Postern.Ssh.Tests.Fixtures;

namespace Postern.Ssh.Tests.EventLoops;

/// <summary>Who reads a fast stream waits for much, never longer than a moment for it, and nobody else does.</summary>
public sealed partial class LowWaterMarkTests : IDisposable
{
    private const int SocketLevel = 1;
    private const int ReceiveLowWaterMark = 18;
    private const int Mark = 256 * 1024;
    private const int Span = 4 * 1024 * 1024;
    private const int NonBlocking = 0x800;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);

    private readonly FakeTimeProvider _time = new();
    private readonly EventLoop _loop;
    private readonly Socket _near;
    private readonly Socket _far;
    private readonly SemaphoreSlim _calls = new(0);
    private readonly LoopDescriptor _descriptor;
    private readonly byte[] _buffer = new byte[512 * 1024];

    public LowWaterMarkTests()
    {
        _loop = new EventLoopGroup(1, NullLogger.Instance, _time).Take();
        (_near, _far) = Connect();
        _descriptor = _loop.Watch(_near.SafeHandle, () => _calls.Release(), null);
    }

    public void Dispose()
    {
        _descriptor.Dispose();
        _near.Dispose();
        _far.Dispose();
        _calls.Dispose();
    }

    [Fact]
    public async Task FastStream_IsWaitedForUntilMuchIsThere()
    {
        await StreamAsync(Span, TimeSpan.Zero);
        Assert.Equal(Mark, ReadMark());

        Assert.Equal(0, await ReadUntilEmptyAsync(isWait: true));
        Send(new byte[Mark - 1]);
        await LookAtTheLoopAsync();
        Assert.Equal(0, _calls.CurrentCount);
        _far.Send([1]);
        Assert.True(await _calls.WaitAsync(Patience));
        Assert.Equal(Mark, await ReadUntilEmptyAsync(isWait: false));
        Assert.Equal(Mark, ReadMark());
    }

    [Fact]
    public async Task FastStream_ThatStops_IsReadAfterAMoment_AndWaitedForNoMore()
    {
        await StreamAsync(Span, TimeSpan.Zero);
        Assert.Equal(0, await ReadUntilEmptyAsync(isWait: true));
        Send([1, 2, 3]);
        _time.Advance(Moment);
        Assert.True(await _calls.WaitAsync(Patience));
        Assert.Equal(3, await ReadUntilEmptyAsync(isWait: true));
        Assert.Equal(1, ReadMark());
        _far.Send([4]);
        Assert.True(await _calls.WaitAsync(Patience));
        Assert.Equal(1, await ReadUntilEmptyAsync(isWait: false));
    }

    // A wait that was answered leaves its place in the line of reminders to the next one, which has its own time.
    [Fact]
    public async Task Wait_BehindOthersThatWereAnswered_IsOverInTime()
    {
        await StreamAsync(Span, TimeSpan.Zero);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(0, await ReadUntilEmptyAsync(isWait: true));
            _time.Advance(Moment / 2);
            _far.Send(new byte[Mark]);
            Assert.True(await _calls.WaitAsync(Patience));
            Assert.Equal(Mark, await ReadUntilEmptyAsync(isWait: false));
        }

        Assert.Equal(0, await ReadUntilEmptyAsync(isWait: true));
        _far.Send([1]);
        _time.Advance(2 * Moment);
        Assert.True(await _calls.WaitAsync(Patience));
    }

    [Fact]
    public async Task EndOfAFastStream_IsToldAtOnce()
    {
        await StreamAsync(Span, TimeSpan.Zero);
        Assert.Equal(0, await ReadUntilEmptyAsync(isWait: true));
        _far.Send([1, 2]);
        _far.Shutdown(SocketShutdown.Send);
        Assert.True(await _calls.WaitAsync(Patience));
        Assert.Equal(2, _descriptor.Read(_buffer));
        Assert.True(_descriptor.AwaitReadable());
        Assert.Equal(0, _descriptor.Read(_buffer));
    }

    [Fact]
    public async Task EndOfTheDescriptor_BehindAMark_IsToldAtOnce()
    {
        await StreamAsync(Span, TimeSpan.Zero);
        Assert.Equal(0, await ReadUntilEmptyAsync(isWait: true));
        _descriptor.Dispose();
        Assert.True(await _calls.WaitAsync(Patience));

        // The reminder finds nobody.
        _time.Advance(2 * Moment);
        await LookAtTheLoopAsync();
        Assert.Equal(0, _calls.CurrentCount);
    }

    [Fact]
    public async Task SlowStream_WakesItsReaderWithEveryByte()
    {
        await StreamAsync(Span, TimeSpan.FromMilliseconds(11));
        Assert.Equal(1, ReadMark());
        await StreamAsync(Span, TimeSpan.FromMilliseconds(10));
        Assert.Equal(Mark, ReadMark());
    }

    // Nothing reminds who waits elsewhere.
    [Fact]
    public async Task FastStream_ReadByAnotherThread_WakesItsReaderWithEveryByte()
    {
        await StreamAsync(Span, TimeSpan.Zero);
        Assert.Equal(Mark, ReadMark());
        Assert.Equal(LoopDescriptor.WouldBlock, _descriptor.Read(_buffer));
        Assert.False(_descriptor.AwaitReadable());
        Assert.Equal(1, ReadMark());
        _far.Send([1]);
        Assert.True(await _calls.WaitAsync(Patience));
    }

    [Fact]
    public async Task Pipe_WithoutAMark_WakesItsReaderWithEveryByte()
    {
        var ends = new int[2];
        Assert.Equal(0, CreatePipe(ends, NonBlocking));
        using var output = new SafeFileHandle(ends[0], ownsHandle: true);
        using var input = new FileStream(new SafeFileHandle(ends[1], ownsHandle: true), FileAccess.Write, 0);
        using var calls = new SemaphoreSlim(0);
        using var descriptor = _loop.Watch(output, () => calls.Release(), null);
        for (var left = Span; left > 0; left -= 4096)
        {
            input.Write(_buffer, 0, 4096);
            Assert.Equal(4096, descriptor.Read(_buffer));
        }

        for (var i = 0; i < 2; i++)
        {
            await OnLoopAsync(() => Assert.False(ReadsMore()));
            input.Write([1]);
            Assert.True(await calls.WaitAsync(Patience));
        }

        bool ReadsMore()
        {
            while (descriptor.Read(_buffer) != LoopDescriptor.WouldBlock || descriptor.AwaitReadable())
            {
            }

            return false;
        }
    }

    // Moves so many bytes in so much time, and has the reader wait for more, which is when a mark is raised.
    private async Task StreamAsync(int bytes, TimeSpan time)
    {
        var sender = Task.Run(() =>
        {
            var block = new byte[64 * 1024];
            for (var left = bytes; left > 0; left -= block.Length)
            {
                _far.Send(block);
            }
        });
        for (var read = 0; read < bytes;)
        {
            var count = 0;
            await OnLoopAsync(() => count = _descriptor.Read(_buffer.AsSpan(0, Math.Min(_buffer.Length, bytes - read))));
            read += Math.Max(count, 0);
            if (read > 0)
            {
                // All of it with the first bytes.
                _time.Advance(time);
                time = TimeSpan.Zero;
            }
        }

        await sender.WaitAsync(Patience);
        Assert.Equal(0, await ReadUntilEmptyAsync(isWait: true));
        _far.Send(new byte[Mark]);
        Assert.True(await _calls.WaitAsync(Patience));
        Assert.Equal(Mark, await ReadUntilEmptyAsync(isWait: false));
    }

    // The loop may be told of what was read already, and then has its reader look once more.
    private async Task<int> ReadUntilEmptyAsync(bool isWait)
    {
        var read = 0;
        await OnLoopAsync(() =>
        {
            do
            {
                for (int count; (count = _descriptor.Read(_buffer)) > 0;)
                {
                    read += count;
                }
            }
            while (isWait && _descriptor.AwaitReadable());
        });
        return read;
    }

    // What was sent is here a moment later: whoever reads when the clock says so finds it.
    private void Send(byte[] data)
    {
        _far.Send(data);
        Assert.True(SpinWait.SpinUntil(() => _near.Available == data.Length, Patience));
    }

    private Task LookAtTheLoopAsync() => OnLoopAsync(() => { });

    private async Task OnLoopAsync(Action action)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _loop.Post(new Work(() =>
        {
            try
            {
                action();
                done.SetResult();
            }
            catch (Exception exception)
            {
                done.SetException(exception);
            }
        }));
        await done.Task.WaitAsync(Patience);
    }

    private int ReadMark()
    {
        var value = new byte[sizeof(int)];
        Assert.Equal(sizeof(int), _near.GetRawSocketOption(SocketLevel, ReceiveLowWaterMark, value));
        return BitConverter.ToInt32(value);
    }

    private static (Socket Near, Socket Far) Connect()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        var far = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        far.Connect(listener.LocalEndPoint!);
        var near = listener.Accept();
        near.Blocking = false;
        return (near, far);
    }

    [LibraryImport("libc", EntryPoint = "pipe2", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int CreatePipe(int[] ends, int flags);

    private sealed class Work(Action action) : IThreadPoolWorkItem
    {
        public void Execute() => action();
    }
}
