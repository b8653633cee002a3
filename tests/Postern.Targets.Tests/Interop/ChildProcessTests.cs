using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Win32.SafeHandles;
using Postern.Targets.Interop;

namespace Postern.Targets.Tests.Interop;

public sealed class ChildProcessTests
{
    [Fact]
    public async Task ChildThatCannotBeWatched_IsKilled()
    {
        var poller = new DescriptorPoller(NullLogger.Instance);
        poller.Dispose();
        (SafeFileHandle read, SafeFileHandle write) = Descriptors.CreatePipe();
        using (read)
        {
            using (write)
            {
                Assert.Throws<ObjectDisposedException>(() => ChildProcess.Start(
                    poller, ["/bin/sleep"u8.ToArray(), "1000"u8.ToArray()], [], [write, write, write]));
            }

            // The pipe ends when nobody has it open any more.
            int? count = await Task.Run(() => Descriptors.Read(read, new byte[1])).WaitAsync(TimeSpan.FromMinutes(1));
            Assert.Equal(0, count);
        }
    }
}
