using Postern.Ssh.Connection;
using Postern.Ssh.Tests.Fixtures;

namespace Postern.Ssh.Tests.Connection;

/// <summary>Who waits for room to send hears of their own wait, and of no other.</summary>
public sealed class SendRoomTests
{
    // A program that writes with a token of its own each time may be told of room and give up at the same moment.
    [Fact]
    public async Task CancellationOfAWaitThatIsOver_LeavesTheNextOneAlone()
    {
        // Without a window nobody asks the queue.
        var gate = new Lock();
        var room = new SendRoom(0, send: null!, gate);
        using var cancellation = new CancellationTokenSource();
        var canceller = new Thread(cancellation.Cancel);
        ValueTask<bool> second;
        gate.Enter();
        try
        {
            var first = room.WaitAsync(cancellation.Token);
            canceller.Start();
            Assert.True(SpinWait.SpinUntil(() => canceller.ThreadState == ThreadState.WaitSleepJoin, ScriptedPeer.Patience));
            room.EndWait();
            Assert.True(first.IsCompleted);
            Assert.False(await first);
            second = room.WaitAsync(CancellationToken.None);
        }
        finally
        {
            gate.Exit();
        }

        canceller.Join();
        Assert.False(second.IsCompleted);
        lock (gate)
        {
            room.EndWait();
        }

        Assert.False(await second);
    }
}
