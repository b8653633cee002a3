using System.Net;
using Postern.Gateway.Listening;
using Postern.Gateway.Tests.Testing;

namespace Postern.Gateway.Tests.Listening;

public sealed class StartupLimiterTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(9, 0)]
    [InlineData(10, 30)]
    [InlineData(55, 65)]
    [InlineData(99, 99)]
    [InlineData(100, 100)]
    [InlineData(5000, 100)]
    public void Share_RisesFromTheRateToAll(int count, int percent) =>
        Assert.Equal(percent, new StartupRange(10, 30, 100).DropPercent(count));

    [Theory]
    [InlineData("10:30:100", 10, 30, 100)]
    [InlineData("7", 7, 100, 7)]
    [InlineData("1:100:1", 1, 100, 1)]
    public void Form_OfOpenSsh_IsRead(string text, int start, int rate, int full) =>
        Assert.Equal(new StartupRange(start, rate, full), StartupRange.TryParse(text));

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("10:30")]
    [InlineData("10:0:100")]
    [InlineData("10:101:100")]
    [InlineData("100:30:10")]
    [InlineData("10:30:100:5")]
    [InlineData("10:30:100001")]
    [InlineData("99999999999")]
    [InlineData("ten")]
    [InlineData("10 :30:100")]
    public void OtherText_IsNone(string text) => Assert.Null(StartupRange.TryParse(text));

    [Fact]
    public void Dice_DecideBetweenStartAndFull()
    {
        // At one waiting, 50 percent; the dice fall below, then at the border.
        var limiter = new StartupLimiter(new StartupRange(1, 50, 3), 100, new FixedRandomness(49, 50));
        Assert.Null(limiter.TryBegin(Source(1)));

        Assert.Equal(AdmissionLimit.Startups, limiter.TryBegin(Source(2)));
        Assert.Null(limiter.TryBegin(Source(2)));
        Assert.Equal(2, limiter.Count);
        Assert.Equal(2, limiter.Sources);
    }

    [Fact]
    public void Full_LetsNobodyInWhateverTheDice()
    {
        var limiter = new StartupLimiter(new StartupRange(1, 1, 2), 100, new FixedRandomness(99));
        Assert.Null(limiter.TryBegin(Source(1)));
        Assert.Null(limiter.TryBegin(Source(2)));

        Assert.Equal(AdmissionLimit.Startups, limiter.TryBegin(Source(3)));

        limiter.End(Source(1));
        Assert.Null(limiter.TryBegin(Source(3)));
    }

    [Fact]
    public void Source_HasItsOwnLimit()
    {
        var limiter = new StartupLimiter(new StartupRange(100, 30, 100), 2, new FixedRandomness(0));
        Assert.Null(limiter.TryBegin(Source(1)));
        Assert.Null(limiter.TryBegin(Source(1)));

        Assert.Equal(AdmissionLimit.StartupsPerAddress, limiter.TryBegin(Source(1)));
        Assert.Null(limiter.TryBegin(Source(2)));
        Assert.Equal(3, limiter.Count);
    }

    [Fact]
    public void HundredThousandBeginsAndEndsOnManyThreads_LeaveNothingBehind()
    {
        // Security 43: refused ones and ended ones, in any order, bring every count back to 0.
        var limiter = new StartupLimiter(new StartupRange(20, 30, 60), 10, new FixedRandomness(20));
        Parallel.For(0, 100_000, i =>
        {
            var source = Source(i % 7);
            if (limiter.TryBegin(source) is null)
            {
                limiter.End(source);
            }
        });

        Assert.Equal(0, limiter.Count);
        Assert.Equal(0, limiter.Sources);
    }

    [Fact]
    public void End_WithoutABegin_IsAFaultOfOurs()
    {
        var limiter = new StartupLimiter(StartupRange.Default, 2, new FixedRandomness(0));
        Assert.Throws<InvalidOperationException>(() => limiter.End(Source(1)));
    }

    [Theory]
    [InlineData("192.0.2.7", "::ffff:192.0.2.7", true)]
    [InlineData("192.0.2.7", "192.0.2.8", false)]
    [InlineData("2001:db8::1", "2001:db8::ffff:0:0:1", true)]
    [InlineData("2001:db8::1", "2001:db8:0:1::1", false)]
    [InlineData("fe80::1%1", "fe80::2%2", true)]
    [InlineData("0.0.0.1", "::", false)]
    public void Addresses_OfOneSource_CountTogether(string one, string other, bool isSame) =>
        Assert.Equal(isSame, ClientSource.Of(IPAddress.Parse(one)) == ClientSource.Of(IPAddress.Parse(other)));

    [Theory]
    [InlineData("192.0.2.7", "192.0.2.7")]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7")]
    [InlineData("2001:db8:1:2:3::4", "2001:db8:1:2::/64")]
    public void Source_IsShownAsItsNetwork(string address, string shown) =>
        Assert.Equal(shown, ClientSource.Of(IPAddress.Parse(address)).ToString());

    private static ClientSource Source(int number) => ClientSource.Of(new IPAddress(0x0200_00c0L + ((long)number << 24)));
}
