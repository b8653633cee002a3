using Microsoft.Extensions.Logging.Abstractions;
using Postern.Targets.Interop;

namespace Postern.Targets.Tests.Interop;

public sealed class DescriptorPollerTests
{
    [Fact]
    public async Task WhatWasPostedBeforeTheEnd_Runs()
    {
        var poller = new DescriptorPoller(NullLogger.Instance);
        using var isHeld = new ManualResetEventSlim();
        poller.Post(isHeld.Wait);
        Task disposing = Task.Run(poller.Dispose);
        Task<int> last = poller.RunAsync(() => 1);
        isHeld.Set();
        Assert.Equal(1, await last.WaitAsync(TimeSpan.FromMinutes(1)));
        await disposing;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task FunctionAfterTheEnd_IsRefused(bool goesOnHere)
    {
        var poller = new DescriptorPoller(NullLogger.Instance);
        poller.Dispose();
        bool hasRun = false;
        Task<bool> refused = poller.RunAsync(() => hasRun = true, goesOnHere);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => refused.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.False(hasRun);
    }

    [Fact]
    public void PostAfterTheEnd_DoesNothing()
    {
        var poller = new DescriptorPoller(NullLogger.Instance);
        poller.Dispose();
        bool hasRun = false;
        poller.Post(() => hasRun = true);
        Assert.False(hasRun);
    }
}
