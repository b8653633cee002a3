using Microsoft.Extensions.Logging.Abstractions;
using Postern.Targets.Interop;
using Postern.Targets.Sessions;

namespace Postern.Targets.Tests.Sessions;

public sealed class NotStartedTests : IDisposable
{
    private readonly DescriptorPoller _poller = new(NullLogger.Instance);

    public static TheoryData<Exception, string> Failures => new()
    {
        { new TargetException(TargetFailure.AppNotStarted, "The app is broken.", "detail"), "The app is broken.\r\n" },
        { new IOException("detail"), "The session could not be started in the app; try again.\r\n" },
        { new ObjectDisposedException("detail"), "The session could not be started in the app; try again.\r\n" },
    };

    public void Dispose() => _poller.Dispose();

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Failure_IsToldToThePeer_EvenWhenOthersTakeTheRoom(Exception failure, string text)
    {
        var handler = new SessionHandler(
            TargetFixture.MakeContext(), _poller, TimeProvider.System, TimeSpan.Zero, _ => throw failure, NullLogger.Instance);
        TestChannel channel = TestChannel.Open(handler);
        channel.LostRooms = 2;
        Assert.True(await channel.RequestAsync(TargetFixture.Exec("true")));
        await channel.WaitForCloseAsync();
        Assert.Equal(text, channel.ErrorText);
        Assert.Equal(["exit-status 254", "eof", "close"], channel.Events);
    }
}
