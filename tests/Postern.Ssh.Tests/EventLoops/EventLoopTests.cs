using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Postern.Ssh.EventLoops;

namespace Postern.Ssh.Tests.EventLoops;

/// <summary>No event is lost, none reaches another's descriptor, and nothing that is called can stop a loop.</summary>
public class EventLoopTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly EventLoop _loop = EventLoopGroup.Shared.Take();

    [Fact]
    public async Task Reader_ThatWaits_IsCalledOnTheLoopForEveryArrival()
    {
        var (near, far) = await ConnectAsync();
        using var arrivals = new SemaphoreSlim(0);
        var isOnLoop = true;
        using var descriptor = _loop.Watch(near.SafeHandle, () => { isOnLoop &= _loop.IsCurrent; arrivals.Release(); }, null);
        var buffer = new byte[16];
        Assert.Equal(LoopDescriptor.WouldBlock, descriptor.Read(buffer));
        for (byte i = 0; i < 200; i++)
        {
            if (!descriptor.AwaitReadable())
            {
                far.Send([i]);
                Assert.True(await arrivals.WaitAsync(Patience));
            }

            Assert.Equal(1, descriptor.Read(buffer));
            Assert.Equal(i, buffer[0]);
            Assert.Equal(LoopDescriptor.WouldBlock, descriptor.Read(buffer));
        }

        Assert.True(isOnLoop);
        near.Dispose();
        far.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Reader_ThatAsksBeforeItsFirstAttempt_LearnsOfWhatCameBeforeOrAfter(bool isThereBefore)
    {
        var (near, far) = await ConnectAsync();
        using var arrivals = new SemaphoreSlim(0);
        if (isThereBefore)
        {
            far.Send([7]);
        }

        using var descriptor = _loop.Watch(near.SafeHandle, () => arrivals.Release(), null, isRead: false);
        var isReady = descriptor.AwaitReadable();
        if (!isThereBefore)
        {
            Assert.False(isReady);
            far.Send([7]);
        }

        Assert.True(isReady || await arrivals.WaitAsync(Patience));
        Assert.Equal(1, descriptor.Read(new byte[16]));
        near.Dispose();
        far.Dispose();
    }

    // Both came in one event, of which there is no second.
    [Fact]
    public async Task End_BehindTheLastBytes_IsFound()
    {
        var (near, far) = await ConnectAsync();
        using var arrivals = new SemaphoreSlim(0);
        using var descriptor = _loop.Watch(near.SafeHandle, () => arrivals.Release(), null);
        var buffer = new byte[16];
        Assert.Equal(LoopDescriptor.WouldBlock, descriptor.Read(buffer));
        Assert.False(descriptor.AwaitReadable());
        far.Send([1, 2, 3]);
        far.Shutdown(SocketShutdown.Send);
        Assert.True(await arrivals.WaitAsync(Patience));

        Assert.Equal(3, descriptor.Read(buffer));
        while (!descriptor.AwaitReadable())
        {
            Assert.True(await arrivals.WaitAsync(Patience));
        }

        Assert.Equal(0, descriptor.Read(buffer));
        near.Dispose();
        far.Dispose();
    }

    // Who reads on another thread than the loop's may be told of the last bytes and the end while it still finds nothing.
    [Fact]
    public async Task End_ToldDuringAnAttemptThatFindsNothing_IsFoundBehindTheLastBytes()
    {
        var (near, far) = await ConnectAsync();
        using var arrivals = new SemaphoreSlim(0);
        using var descriptor = _loop.Watch(near.SafeHandle, () => arrivals.Release(), null);
        var buffer = new byte[16];
        using var nothing = new WatchedMemory(() =>
        {
            far.Send([1, 2, 3]);
            far.Shutdown(SocketShutdown.Send);
            using var seen = new ManualResetEventSlim();
            _loop.Post(new Work(seen.Set));
            Assert.True(seen.Wait(Patience));
        });
        Assert.Equal(LoopDescriptor.WouldBlock, descriptor.ReadScattered([nothing.Memory, buffer]));
        while (!descriptor.AwaitReadable())
        {
            Assert.True(await arrivals.WaitAsync(Patience));
        }

        Assert.Equal(3, descriptor.Read(buffer));
        while (!descriptor.AwaitReadable())
        {
            Assert.True(await arrivals.WaitAsync(Patience), "nobody tells of the end");
        }

        Assert.Equal(0, descriptor.Read(buffer));
        near.Dispose();
        far.Dispose();
    }

    [Fact]
    public async Task Writer_OfAFullSocket_IsCalledWhenThereIsRoom()
    {
        var (near, far) = await ConnectAsync();
        using var room = new SemaphoreSlim(0);
        using var descriptor = _loop.Watch(near.SafeHandle, null, () => room.Release());
        var block = new byte[64 * 1024];
        long written = 0;
        int count;

        // The kernel may find some more room while it hands on what it has.
        while ((count = descriptor.Write(block)) >= 0 || descriptor.AwaitWritable())
        {
            written += Math.Max(count, 0);
        }

        Assert.Equal(LoopDescriptor.WouldBlock, count);
        for (long read = 0; read < written;)
        {
            read += far.Receive(block);
        }

        Assert.True(await room.WaitAsync(Patience));
        Assert.True(descriptor.Write([1]) == 1);
        near.Dispose();
        far.Dispose();
    }

    [Fact]
    public async Task Waiters_OfADisposedDescriptor_AreCalledAndFindItBroken()
    {
        var (near, far) = await ConnectAsync();
        using var called = new SemaphoreSlim(0);
        var descriptor = _loop.Watch(near.SafeHandle, () => called.Release(), null);
        Assert.Equal(LoopDescriptor.WouldBlock, descriptor.Read(new byte[1]));
        Assert.False(descriptor.AwaitReadable());

        descriptor.Dispose();
        near.Dispose();

        Assert.True(await called.WaitAsync(Patience));
        Assert.True(descriptor.AwaitReadable());
        Assert.Equal(LoopDescriptor.Broken, descriptor.Read(new byte[1]));
        Assert.Equal(LoopDescriptor.Broken, descriptor.Write(new byte[1]));
        descriptor.Dispose();
        far.Dispose();
    }

    // The slots of the loop are used again and again, with events under way for those who had them before.
    [Fact]
    public async Task Descriptors_ThatComeAndGo_GetTheirOwnEventsOnly()
    {
        await Parallel.ForAsync(0, 400, async (i, token) =>
        {
            var (near, far) = await ConnectAsync();
            using var arrivals = new SemaphoreSlim(0);
            var descriptor = _loop.Watch(near.SafeHandle, () => arrivals.Release(), null);
            var buffer = new byte[16];
            if (descriptor.Read(buffer) == LoopDescriptor.WouldBlock && !descriptor.AwaitReadable())
            {
                far.Send([(byte)i]);
                Assert.True(await arrivals.WaitAsync(Patience, token));
                Assert.Equal(1, descriptor.Read(buffer));
                Assert.Equal((byte)i, buffer[0]);
            }

            far.Send([9]);
            descriptor.Dispose();
            near.Dispose();
            far.Dispose();
        });
    }

    [Fact]
    public async Task Posts_RunInOrder_AndOneThatFailsStopsNothing()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        List<int> seen = [];
        for (var i = 0; i < 1000; i++)
        {
            var number = i;
            _loop.Post(new Work(() =>
            {
                seen.Add(number);
                if (number % 10 == 0)
                {
                    throw new InvalidOperationException("on purpose");
                }
            }));
        }

        // From the loop itself it comes behind what is ready by then.
        _loop.Post(new Work(() => _loop.Post(new Work(done.SetResult))));
        await done.Task.WaitAsync(Patience);

        Assert.Equal(Enumerable.Range(0, 1000), seen);
    }

    [Fact]
    public async Task SeveralBuffers_AreFilledAndWrittenOneAfterAnother()
    {
        var (near, far) = await ConnectAsync();
        using var arrival = new SemaphoreSlim(0);
        using var descriptor = _loop.Watch(near.SafeHandle, () => arrival.Release(), null);
        Memory<byte>[] buffers = [new byte[3], Memory<byte>.Empty, new byte[2], new byte[4]];
        Assert.Equal(LoopDescriptor.WouldBlock, descriptor.ReadScattered(buffers));
        far.Send([1, 2, 3, 4, 5, 6]);
        if (!descriptor.AwaitReadable())
        {
            Assert.True(await arrival.WaitAsync(Patience));
        }

        Assert.Equal(6, descriptor.ReadScattered(buffers));
        Assert.Equal([1, 2, 3, 4, 5, 6, 0, 0, 0], buffers.SelectMany(buffer => buffer.ToArray()));
        ReadOnlyMemory<byte>[] written = [.. buffers];
        Assert.Equal(9, descriptor.WriteGathered(written));
        var received = new byte[16];
        var count = 0;
        while (count < 9)
        {
            count += far.Receive(received, count, received.Length - count, SocketFlags.None);
        }

        Assert.Equal([1, 2, 3, 4, 5, 6, 0, 0, 0], received[..9]);
        Assert.Throws<ArgumentOutOfRangeException>(() => descriptor.WriteGathered(new ReadOnlyMemory<byte>[LoopDescriptor.MaximumBuffers + 1]));
        far.Dispose();
        near.Dispose();
        descriptor.Dispose();
        Assert.Equal(LoopDescriptor.Broken, descriptor.ReadScattered(buffers));
    }

    // A full socket takes part of what is offered, in the middle of a piece; the rest is written from there on.
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(32)]
    public async Task WhatFits_IsWritten_AndTheRestWhenThereIsRoom(int pieces)
    {
        var (near, far) = await ConnectAsync();
        using var room = new SemaphoreSlim(0);
        using var descriptor = _loop.Watch(near.SafeHandle, null, () => room.Release());
        var data = new byte[24 << 20];
        Random.Shared.NextBytes(data);
        var sender = Task.Run(async () =>
        {
            var length = data.Length / pieces;
            for (var sent = 0; sent < data.Length;)
            {
                ReadOnlyMemory<byte>[] left = [.. Enumerable.Range(0, pieces)
                    .Select(i => (Start: Math.Max(i * length, sent), End: i == pieces - 1 ? data.Length : (i + 1) * length))
                    .Select(piece => (ReadOnlyMemory<byte>)data.AsMemory(piece.Start, Math.Max(0, piece.End - piece.Start)))];
                Assert.Equal(data.Length - sent, LoopDescriptor.LengthOf(left));
                var count = descriptor.WriteWhatFits(left);
                Assert.InRange(count, 0, data.Length - sent);
                sent += count;
                if (sent < data.Length)
                {
                    Assert.True(await room.WaitAsync(Patience));
                }
            }
        });

        var received = new byte[data.Length];
        for (var filled = 0; filled < received.Length;)
        {
            filled += await far.ReceiveAsync(received.AsMemory(filled), SocketFlags.None).AsTask().WaitAsync(Patience);
        }

        await sender.WaitAsync(Patience);
        Assert.Equal(data, received);
        far.Dispose();
        near.Dispose();
        descriptor.Dispose();
        Assert.Equal(LoopDescriptor.Broken, descriptor.WriteWhatFits([data]));
        Assert.Equal(LoopDescriptor.Broken, descriptor.WriteWhatFits([data, data]));
    }

    private static async Task<(Socket Near, Socket Far)> ConnectAsync()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        var far = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await far.ConnectAsync(listener.LocalEndPoint!);
        var near = await listener.AcceptAsync();
        near.Blocking = false;
        return (near, far);
    }

    private sealed class Work(Action action) : IThreadPoolWorkItem
    {
        public void Execute() => action();
    }

    // Calls back when a system call with it is over and its caller does not know yet.
    private sealed unsafe class WatchedMemory(Action whenUnpinned) : MemoryManager<byte>
    {
        private readonly byte[] _bytes = GC.AllocateArray<byte>(16, pinned: true);

        public override Span<byte> GetSpan() => _bytes;

        public override MemoryHandle Pin(int elementIndex = 0) =>
            new(Unsafe.AsPointer(ref _bytes[elementIndex]), default, this);

        public override void Unpin() => whenUnpinned();

        protected override void Dispose(bool disposing)
        {
        }
    }
}
