using System.Collections.Concurrent;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Postern.Ssh.Connection;
using Postern.Ssh.EventLoops;
using Postern.Ssh.Tests.Connection;
using Postern.Ssh.Tests.Fixtures;

namespace Postern.Ssh.Tests.EventLoops;

/// <summary>Who moves little does not wait for those who move much, on one loop and among several.</summary>
public class FairnessTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly EventLoop _loop = new EventLoopGroup(1, NullLogger.Instance).Take();

    [Fact]
    public async Task TurnsOfBulkData_LetOthersGoFirst()
    {
        var seen = new ConcurrentQueue<string>();
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _loop.Post(new Work(() =>
        {
            for (var i = 0; i < 3; i++)
            {
                var turn = i;
                _loop.Yield(new Work(() =>
                {
                    seen.Enqueue($"turn {turn}");

                    // As if somebody had pressed a key meanwhile.
                    var poster = new Thread(() => _loop.Post(new Work(() => seen.Enqueue($"key {turn}"))));
                    poster.Start();
                    poster.Join();
                }));
            }

            _loop.Yield(new Work(done.SetResult));
        }));
        await done.Task.WaitAsync(Patience);
        Assert.Equal(["turn 0", "key 0", "turn 1", "key 1", "turn 2", "key 2"], seen);
    }

    [Fact]
    public async Task WhoReadMuch_WaitsForWhoReadLittle()
    {
        var (bulk, bulkFar) = Connect();
        var (light, lightFar) = Connect();
        var seen = new ConcurrentQueue<string>();
        using var both = new CountdownEvent(2);
        using var bulkDescriptor = _loop.Watch(bulk.SafeHandle, () => Note("bulk"), null);
        using var lightDescriptor = _loop.Watch(light.SafeHandle, () => Note("light"), null);
        var buffer = new byte[100_000];
        bulkFar.Send(buffer);
        lightFar.Send([1]);
        Assert.Equal(buffer.Length, bulkDescriptor.Read(buffer));
        Assert.Equal(1, lightDescriptor.Read(buffer));
        Assert.Equal(LoopDescriptor.WouldBlock, bulkDescriptor.Read(buffer));
        Assert.Equal(LoopDescriptor.WouldBlock, lightDescriptor.Read(buffer));
        var armed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _loop.Post(new Work(() =>
        {
            // Both wait, and are ready by the time the loop looks again: the one that reads much first.
            BeginToWait(bulkDescriptor);
            BeginToWait(lightDescriptor);
            bulkFar.Send([1]);
            lightFar.Send([1]);
            armed.SetResult();
        }));
        await armed.Task.WaitAsync(Patience);
        Assert.True(both.Wait(Patience));
        Assert.Equal(["light", "bulk"], seen);
        foreach (var socket in new[] { bulk, bulkFar, light, lightFar })
        {
            socket.Dispose();
        }

        // The loop may have been told only after all was read that something has come, and then says so once.
        void BeginToWait(LoopDescriptor descriptor)
        {
            while (descriptor.AwaitReadable())
            {
                Assert.Equal(LoopDescriptor.WouldBlock, descriptor.Read(buffer));
            }
        }

        void Note(string who)
        {
            seen.Enqueue(who);
            both.Signal();
        }
    }

    [Fact]
    public void WhoTypes_ShortensTheTurnsOfOthers()
    {
        var (one, oneFar) = Connect();
        var (other, otherFar) = Connect();
        using var first = _loop.Watch(one.SafeHandle, () => { }, null);
        using var second = _loop.Watch(other.SafeHandle, () => { }, null);
        Assert.False(first.HasInteractiveNeighbour);

        // It is forgotten after a second, which may have passed on a busy machine.
        Assert.True(SpinWait.SpinUntil(() => { first.NoteInteractive(); return second.HasInteractiveNeighbour; }, Patience));
        first.NoteInteractive();
        Assert.False(first.HasInteractiveNeighbour);
        foreach (var socket in new[] { one, oneFar, other, otherFar })
        {
            socket.Dispose();
        }
    }

    [Fact]
    public async Task Batches_AreShort_BesideAConnectionThatMovesLittle()
    {
        var config = EngineFixture.Config with { Loops = new EventLoopGroup(1, NullLogger.Instance) };
        var (bulkEngine, bulk) = await EngineFixture.ConnectAsync(config);
        await ChannelTests.OpenAsync(bulk, window: 4 << 20);
        var channel = bulkEngine.Channels.Single().Channel;
        var (engine, typist) = await EngineFixture.ConnectAsync(config);
        var buffers = new Memory<byte>[16];
        int count;
        var until = DateTime.UtcNow + Patience;
        do
        {
            await ChannelTests.SettleAsync(typist);
            count = channel.RentData(buffers);
            channel.CommitData(0);
        }
        while (count != 4 && DateTime.UtcNow < until);

        Assert.Equal(4, count);

        // Once it is alone again, its turns are long.
        await ChannelTests.EndAsync(engine, typist);
        do
        {
            await Task.Yield();
            count = channel.RentData(buffers);
            channel.CommitData(0);
        }
        while (count != 16 && DateTime.UtcNow < until);

        Assert.Equal(16, count);
        await ChannelTests.EndAsync(bulkEngine, bulk);
    }

    // What a program did not take for a while may be as much as a window, and be written as soon as it reads again.
    [Fact]
    public async Task KeptData_IsHandedOverInTurns()
    {
        const int Total = 60 * 32_000;
        var config = EngineFixture.Config with { Loops = new EventLoopGroup(1, NullLogger.Instance) };
        var late = new LateReader();
        var (engine, peer) = await EngineFixture.ConnectAsync(config, engine => engine.Decide = _ =>
            ValueTask.FromResult<ChannelOpenDecision>(new ChannelOpenDecision.Accepted(late)));
        await ChannelTests.OpenAsync(peer);
        for (var i = 0; i < 60; i++)
        {
            await ChannelTests.SendDataAsync(peer, 0, new byte[32_000]);
        }

        await ChannelTests.SettleAsync(peer);
        Assert.Equal(0, late.Taken);
        late.Resume();

        // Behind the first turn.
        Assert.InRange(await late.KeyPressedAt.WaitAsync(Patience), 1, 600_000);
        Assert.True(SpinWait.SpinUntil(() => late.Taken == Total, Patience));
        await ChannelTests.EndAsync(engine, peer);
    }

    [Fact]
    public void NewConnections_GoWhereFewestAre()
    {
        var group = new EventLoopGroup(2, NullLogger.Instance);
        var busy = group.Take();
        busy.CountConnection(1);
        var other = group.Take();
        Assert.NotSame(busy, other);
        Assert.Same(other, group.Take());
        other.CountConnection(1);
        Assert.NotSame(group.Take(), group.Take());
    }

    [Fact]
    public void NewConnections_AvoidALoopThatIsBusy()
    {
        var group = new EventLoopGroup(2, NullLogger.Instance);
        var busy = group.Take();
        var other = group.Take();
        Assert.NotSame(busy, other);
        other.CountConnection(3);
        var isOver = false;
        var work = new Work(() => { });
        work = new Work(() =>
        {
            if (!Volatile.Read(ref isOver))
            {
                busy.Yield(work);
            }
        });
        busy.Post(work);
        try
        {
            Assert.True(SpinWait.SpinUntil(() => busy.BusyPart == 1 && other.BusyPart == 0, Patience));
            Assert.Same(other, group.Take());
            Assert.Same(other, group.Take());
        }
        finally
        {
            Volatile.Write(ref isOver, true);
        }

        Assert.True(SpinWait.SpinUntil(() => busy.BusyPart == 0, Patience));
        Assert.Same(busy, group.Take());
        Assert.Same(busy, group.Take());
    }

    // Unix sockets, for what is sent on them is there at once.
    private static (Socket Near, Socket Far) Connect()
    {
        var path = Path.Combine(Path.GetTempPath(), $"fair-{Guid.NewGuid():N}");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(1);
        var far = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { SendBufferSize = 1 << 20 };
        far.Connect(new UnixDomainSocketEndPoint(path));
        var near = listener.Accept();
        near.Blocking = false;
        File.Delete(path);
        return (near, far);
    }

    /// <summary>Takes nothing until it is told to, and then everything; a key is pressed when it takes the first of it.</summary>
    private sealed class LateReader : IChannelHandler
    {
        private readonly TaskCompletionSource<int> _keyPressedAt = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Channel _channel = null!;
        private volatile bool _isReading;
        private volatile int _taken;

        public int Taken => _taken;

        /// <summary>How much had been taken when the loop looked at the key.</summary>
        public Task<int> KeyPressedAt => _keyPressedAt.Task;

        public void Resume()
        {
            _isReading = true;
            _channel.ResumeReceive();
        }

        public void OnOpened(Channel channel) => _channel = channel;

        public int OnData(ReadOnlySpan<byte> data)
        {
            if (!_isReading)
            {
                return 0;
            }

            if (_taken == 0)
            {
                var poster = new Thread(() => _channel.Loop.Post(new Work(() => _keyPressedAt.SetResult(_taken))));
                poster.Start();
                poster.Join();
            }

            _taken += data.Length;
            return data.Length;
        }

        public void OnEof()
        {
        }

        public ValueTask<bool> OnRequestAsync(ChannelRequest request, CancellationToken cancellationToken) => ValueTask.FromResult(false);

        public void OnClosed()
        {
        }
    }

    private sealed class Work(Action action) : IThreadPoolWorkItem
    {
        public void Execute() => action();
    }
}
