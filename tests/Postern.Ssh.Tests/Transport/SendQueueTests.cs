using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Postern.Ssh.EventLoops;
using Postern.Ssh.Messages;
using Postern.Ssh.Tests.Fixtures;
using Postern.Ssh.Transport;

namespace Postern.Ssh.Tests.Transport;

/// <summary>Who flushes has nothing to do with what fails while that sends.</summary>
public sealed class SendQueueTests
{
    // On a thread of the pool, or a timer's, it would be the end of the process.
    [Fact]
    public async Task FaultInside_IsToldToTheOwner_AndNotToWhoeverFlushes()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var far = new TcpClient();
        await far.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        using var near = await listener.AcceptSocketAsync();
        near.Blocking = false;
        var limits = new TransportLimits { RekeyPackets = 1 };
        var owner = new BrokenOwner();
        using var descriptor = new EventLoopGroup(1, NullLogger.Instance).Take().Watch(near.SafeHandle, null, null);
        using var memory = new MemoryBudget(1_000_000).Open(_ => { });
        using var queue = new SendQueue(descriptor, limits, memory, owner);
        queue.Append(new Ignore([1]));

        queue.Flush();

        Assert.Same(owner.Fault, owner.Told);
        await queue.WaitUntilDrainedAsync().WaitAsync(ScriptedPeer.Patience);
    }

    private sealed class BrokenOwner : ISendQueueOwner
    {
        public Exception Fault { get; } = new InvalidOperationException("broken");

        public Exception? Told { get; private set; }

        public void OnSendFailed(Exception? fault) => Told = fault;

        public void OnSendOverflow()
        {
        }

        public void OnSendKeyWornOut() => throw Fault;
    }
}
