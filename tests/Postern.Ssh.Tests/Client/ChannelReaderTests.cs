using System.Buffers;
using Postern.Ssh.Client;
using Postern.Ssh.Tests.Fixtures;

namespace Postern.Ssh.Tests.Client;

/// <summary>Who reads a channel hears of their own read, and of no other.</summary>
public sealed class ChannelReaderTests
{
    // A program that reads with a token of its own each time may get data and give up at the same moment.
    [Fact]
    public async Task CancellationOfAReadThatIsOver_LeavesTheNextOneAlone()
    {
        var buffer = new byte[1];

        // The next read is nearly always there before the cancellation is.
        for (var i = 0; i < 50; i++)
        {
            var reader = new ChannelReader();
            using var cancellation = new CancellationTokenSource();
            var canceller = new Thread(cancellation.Cancel);
            using var memory = new WatchedMemory(() =>
            {
                // The reader's lock is held here, and the cancellation waits for it.
                canceller.Start();
                Assert.True(SpinWait.SpinUntil(() => canceller.ThreadState == ThreadState.WaitSleepJoin, ScriptedPeer.Patience));
            });
            var first = reader.ReadAsync(memory.Memory, cancellation.Token);
            reader.Offer([7]);
            var count = await first;
            var second = reader.ReadAsync(buffer, CancellationToken.None);
            canceller.Join();
            Assert.Equal(1, count);
            Assert.False(second.IsCompleted);
            Assert.Equal(1, reader.Offer([8]));
            Assert.Equal(1, await second);
        }
    }

    private sealed class WatchedMemory(Action whenUsed) : MemoryManager<byte>
    {
        private readonly byte[] _bytes = new byte[1];

        public override Span<byte> GetSpan()
        {
            whenUsed();
            return _bytes;
        }

        // Memory has its length without a look at it.
        public override Memory<byte> Memory => CreateMemory(_bytes.Length);

        public override MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException();

        public override void Unpin() => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
        }
    }
}
