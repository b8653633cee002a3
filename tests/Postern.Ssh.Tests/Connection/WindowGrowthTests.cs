using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Postern.Ssh.Connection;
using Postern.Ssh.Tests.Fixtures;
using Postern.Ssh.Transport;

namespace Postern.Ssh.Tests.Connection;

/// <summary>A window grows where the line is what holds the peer up, as far as the budgets go, and nowhere else.</summary>
public sealed class WindowGrowthTests : IDisposable
{
    private const int Mebibyte = 1024 * 1024;

    private readonly FakeTimeProvider _clock = new();
    private readonly MemoryBudget _budget = new(64 * Mebibyte);
    private readonly MemoryAccount _account;
    private readonly FakeLine _line;

    public WindowGrowthTests()
    {
        _account = _budget.Open(_ => { });
        _line = new FakeLine(_clock) { RoundTrip = TimeSpan.FromMilliseconds(138) };
    }

    public void Dispose() => _account.Dispose();

    [Fact]
    public void LongLine_DoublesTheWindowUpToTheLargest()
    {
        var (table, growth, window) = Open();
        List<int> sizes = [];
        for (var i = 0; i < 6; i++)
        {
            Credit(growth, window, TimeSpan.FromMilliseconds(138));
            sizes.Add(window.Size / Mebibyte);
        }

        Assert.Equal([4, 8, 16, 16, 16, 16], sizes);

        // All of it goes back to the connection's budget of 32 MiB.
        table.Release(0, window.Size);
        Assert.Equal(32 * Mebibyte, table.ReserveMore(32 * Mebibyte));
    }

    [Fact]
    public void GrownWindow_LetsThePeerSendExactlySoMuchMore()
    {
        var (_, growth, window) = Open();
        Arrive(window, Mebibyte);
        Assert.Equal((uint)Mebibyte, window.Take(Mebibyte));
        Assert.Equal(2u * Mebibyte, Credit(growth, window, TimeSpan.FromMilliseconds(1)));
        Arrive(window, 4 * Mebibyte);

        Assert.Throws<DisconnectException>(() => window.Arrive(1));
    }

    [Theory]
    [InlineData(4, 1, false)] // A short line: the machine next door.
    [InlineData(0, 0, false)] // No line that the kernel knows of.
    [InlineData(138, 276, false)] // Credit comes due at leisure.
    [InlineData(138, 100, true)] // The app does not keep up.
    [InlineData(3000, 4001, false)]
    public void Window_ThatDoesNotHoldThePeerUp_Stays(int roundTrip, int rest, bool isConsumerBehind)
    {
        var (_, growth, window) = Open();
        _line.RoundTrip = TimeSpan.FromMilliseconds(roundTrip);
        Assert.Equal(0u, Credit(growth, window, TimeSpan.FromMilliseconds(rest), isConsumerBehind));
        Assert.Equal(2 * Mebibyte, window.Size);
    }

    [Fact]
    public void LineBehindAProxy_WhosePeerWaitsForCredit_LetsTheWindowGrow()
    {
        // As the kernel sees it, the peer is the proxy next door.
        var (_, growth, window) = Open();
        _line.RoundTrip = TimeSpan.FromMilliseconds(0.1);
        Assert.Equal(0u, TakeHalf(growth, window));
        Arrive(window, Mebibyte);

        // It has sent all that it may, and goes on when the credit was there and back.
        _clock.Advance(TimeSpan.FromMilliseconds(138));
        Arrive(window, Mebibyte);
        Assert.Equal(TimeSpan.FromMilliseconds(138), window.RoundTrip);
        Assert.Equal(Mebibyte, (int)window.Take(Mebibyte));
        Assert.Equal(2u * Mebibyte, growth.Grow(window, isConsumerBehind: false));
    }

    [Theory]
    [InlineData(0.5)] // It stopped for no longer than a packet takes.
    [InlineData(2001)] // It had nothing to send.
    public void PeerThatDoesNotWaitForCredit_IsNoMeasure(double milliseconds)
    {
        var (_, growth, window) = Open();
        TakeHalf(growth, window);
        Arrive(window, Mebibyte);
        _clock.Advance(TimeSpan.FromMilliseconds(milliseconds));
        Arrive(window, Mebibyte);
        Assert.Equal(TimeSpan.Zero, window.RoundTrip);
    }

    [Fact]
    public void CreditThatIsThereBeforeItIsNeeded_IsNoMeasure()
    {
        var (_, growth, window) = Open();
        TakeHalf(growth, window);
        Arrive(window, Mebibyte - (32 * 1024));
        _clock.Advance(TimeSpan.FromMilliseconds(138));
        window.Arrive(64 * 1024);
        Arrive(window, Mebibyte / 2);
        Assert.Equal(TimeSpan.Zero, window.RoundTrip);
    }

    [Fact]
    public void ConnectionsBudget_BoundsAllItsWindows()
    {
        var (_, growth, window) = Open(new ChannelLimits { WindowBudget = 5 * Mebibyte });

        Assert.Equal(2u * Mebibyte, Credit(growth, window, TimeSpan.FromMilliseconds(10)));
        Assert.Equal(0u, Credit(growth, window, TimeSpan.FromMilliseconds(10)));
    }

    [Fact]
    public void HostsBudget_BoundsThem()
    {
        var (_, growth, window) = Open();
        _account.Add(33 * Mebibyte);
        Assert.Equal(0u, Credit(growth, window, TimeSpan.FromMilliseconds(10)));
        _account.Add(-33 * Mebibyte);
        Assert.Equal(2u * Mebibyte, Credit(growth, window, TimeSpan.FromMilliseconds(10)));
    }

    [Fact]
    public async Task RoundTrip_OfARealConnection_IsTheKernels()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        using var near = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await near.ConnectAsync(listener.LocalEndPoint!);

        Assert.InRange(new LineMeter(near, _clock).ReadRoundTrip(), TimeSpan.FromTicks(1), TimeSpan.FromSeconds(1));
        near.Dispose();
        Assert.Equal(TimeSpan.Zero, new LineMeter(near, _clock).ReadRoundTrip());
        using var local = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        Assert.Equal(TimeSpan.Zero, new LineMeter(local, _clock).ReadRoundTrip());
    }

    private (ChannelTable Table, WindowGrowth Growth, ReceiveWindow Window) Open(ChannelLimits? given = null)
    {
        var limits = given ?? new ChannelLimits();
        var table = new ChannelTable(limits, _account, new ReachedLimits("", NullLogger.Instance, counter: null));
        var growth = new WindowGrowth(table, limits, _line);
        var window = new ReceiveWindow(table.Reserve().Window, limits.MaximumPacket, _clock);

        // The first credit has none before it to be timed from.
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(0u, growth.Grow(window, isConsumerBehind: false));
        return (table, growth, window);
    }

    private static uint TakeHalf(WindowGrowth growth, ReceiveWindow window)
    {
        Arrive(window, Mebibyte);
        Assert.Equal(Mebibyte, (int)window.Take(Mebibyte));
        return growth.Grow(window, isConsumerBehind: false);
    }

    private static void Arrive(ReceiveWindow window, int count)
    {
        for (var left = count; left > 0; left -= 32 * 1024)
        {
            window.Arrive(32 * 1024);
        }
    }

    private uint Credit(WindowGrowth growth, ReceiveWindow window, TimeSpan rest, bool isConsumerBehind = false)
    {
        _clock.Advance(rest);
        return growth.Grow(window, isConsumerBehind);
    }

    private sealed class FakeLine(TimeProvider time) : LineMeter(null, time)
    {
        public TimeSpan RoundTrip { get; set; }

        public override TimeSpan ReadRoundTrip() => RoundTrip;
    }
}
