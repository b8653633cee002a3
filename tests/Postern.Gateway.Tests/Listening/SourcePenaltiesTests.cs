using System.Net;
using Postern.Gateway.Listening;
using Postern.Ssh.Server;

namespace Postern.Gateway.Tests.Listening;

public sealed class SourcePenaltiesTests
{
    private static readonly ClientSource Somebody = ClientSource.Of(IPAddress.Parse("192.0.2.7"));

    private readonly TestClock _clock = new();

    [Fact]
    public void Failures_AddUpToTheMinimumBeforeTheyCount()
    {
        var penalties = New();
        Assert.False(penalties.Add(Somebody, Penalty.AuthenticationFailed, out _));
        Assert.False(penalties.Add(Somebody, Penalty.AuthenticationFailed, out _));
        Assert.False(penalties.IsKeptOut(Somebody, out _));
        Assert.Equal(0, penalties.Active);

        Assert.True(penalties.Add(Somebody, Penalty.AuthenticationFailed, out var remaining));

        Assert.Equal(TimeSpan.FromSeconds(15), remaining);
        Assert.True(penalties.IsKeptOut(Somebody, out _));
        Assert.Equal(1, penalties.Active);
        Assert.False(penalties.IsKeptOut(ClientSource.Of(IPAddress.Parse("192.0.2.8")), out _));
    }

    [Fact]
    public void Failures_FarApart_NeverCount()
    {
        var penalties = New();
        for (var i = 0; i < 100; i++)
        {
            Assert.False(penalties.Add(Somebody, Penalty.AuthenticationFailed, out _));
            _clock.Advance(TimeSpan.FromSeconds(5));
        }

        Assert.False(penalties.IsKeptOut(Somebody, out _));
    }

    [Fact]
    public void Penalty_EndsInTime()
    {
        var penalties = New();
        Assert.True(penalties.Add(Somebody, Penalty.ProtocolBroken, out _));
        _clock.Advance(TimeSpan.FromSeconds(89));
        Assert.True(penalties.IsKeptOut(Somebody, out var remaining));
        Assert.Equal(TimeSpan.FromSeconds(1), remaining);

        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.False(penalties.IsKeptOut(Somebody, out _));
        Assert.Equal(0, penalties.Active);
        Assert.Equal(0, penalties.Count);
    }

    [Fact]
    public void Penalty_IsNeverLongerThanTheMaximum()
    {
        var penalties = New();
        TimeSpan remaining = default;
        for (var i = 0; i < 1000; i++)
        {
            penalties.Add(Somebody, Penalty.ProtocolBroken, out remaining);
        }

        Assert.Equal(TimeSpan.FromSeconds(600), remaining);
        _clock.Advance(TimeSpan.FromSeconds(600));
        Assert.False(penalties.IsKeptOut(Somebody, out _));
    }

    [Fact]
    public void Clock_ThatIsSetBack_KeepsNobodyOutForLonger()
    {
        var penalties = New();
        Assert.True(penalties.Add(Somebody, Penalty.ProtocolBroken, out _));
        _clock.Advance(TimeSpan.FromDays(-1));
        Assert.False(penalties.IsKeptOut(Somebody, out _));
    }

    [Fact]
    public void Table_ThatIsFull_ForgetsWhatEndsFirst()
    {
        var penalties = new SourcePenalties(new PenaltyLimits { MaximumSources = 3 }, _clock);
        penalties.Add(Somebody, Penalty.ProtocolBroken, out _);
        for (var i = 0; i < 10_000; i++)
        {
            penalties.Add(ClientSource.Of(new IPAddress(i + 1L)), Penalty.NoAuthentication, out _);
        }

        Assert.Equal(3, penalties.Count);
        Assert.True(penalties.IsKeptOut(Somebody, out _));
    }

    [Fact]
    public void Families_HaveRoomOfTheirOwn()
    {
        var penalties = new SourcePenalties(new PenaltyLimits { MaximumSources = 3 }, _clock);
        penalties.Add(Somebody, Penalty.AuthenticationFailed, out _);
        penalties.Add(Somebody, Penalty.AuthenticationFailed, out _);
        var network = new byte[16];
        for (var i = 0; i < 10_000; i++)
        {
            network[4] = (byte)i;
            network[5] = (byte)(i >> 8);
            penalties.Add(ClientSource.Of(new IPAddress(network)), Penalty.ProtocolBroken, out _);
        }

        Assert.True(penalties.Add(Somebody, Penalty.AuthenticationFailed, out _));
        Assert.Equal(4, penalties.Count);
    }

    [Fact]
    public void Failures_OfHundredThousandSources_AreForgottenInTime()
    {
        // Security 43: nothing of them stays.
        var penalties = New();
        for (var i = 0; i < 100_000; i++)
        {
            penalties.Add(ClientSource.Of(new IPAddress(i + 1L)), Penalty.GraceExceeded, out _);
        }

        Assert.Equal(new PenaltyLimits().MaximumSources, penalties.Count);
        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(0, penalties.Active);
        Assert.Equal(0, penalties.Count);
    }

    [Fact]
    public void WhoGotIn_IsNeverPenalised() => Assert.Null(PenaltyLimits.Judge(new ConnectionSummary
    {
        End = ConnectionEnd.ProtocolError,
        HasKeys = true,
        IsAuthenticated = true,
        AuthenticationFailures = 5,
    }));

    [Theory]
    [InlineData(ConnectionEnd.InternalError)]
    [InlineData(ConnectionEnd.LocalDisconnect)]
    public void OurOwnFaultsAndRestarts_PenaliseNobody(ConnectionEnd end) =>
        Assert.Null(PenaltyLimits.Judge(new ConnectionSummary { End = end, HasKeys = true, AuthenticationFailures = 3 }));

    [Fact]
    public void Failures_AreToldApart()
    {
        const string App = "abcdefg123456-main-bvxea6i--app";
        var failed = new ConnectionSummary { End = ConnectionEnd.TransportClosed, HasKeys = true, AuthenticationFailures = 1, UserName = App };
        Assert.Equal(Penalty.AuthenticationFailed, PenaltyLimits.Judge(failed));
        Assert.Equal(Penalty.InvalidUser, PenaltyLimits.Judge(failed with { UserName = "root" }));
        Assert.Equal(Penalty.Denied, PenaltyLimits.Judge(failed with { WasToldWhy = true }));
        Assert.Equal(Penalty.NoAuthentication, PenaltyLimits.Judge(failed with { AuthenticationFailures = 0 }));
        Assert.Equal(Penalty.GraceExceeded, PenaltyLimits.Judge(failed with { IsGraceOver = true }));
        Assert.Equal(Penalty.TooManyRequests, PenaltyLimits.Judge(failed with { HasAskedTooOften = true }));
        Assert.Equal(Penalty.ProtocolBroken, PenaltyLimits.Judge(failed with { End = ConnectionEnd.ProtocolError }));
        Assert.Equal(
            Penalty.NoAuthentication,
            PenaltyLimits.Judge(new ConnectionSummary { End = ConnectionEnd.ProtocolError }));
    }

    [Fact]
    public void EveryReason_HasItsTime()
    {
        foreach (var penalty in Enum.GetValues<Penalty>())
        {
            Assert.InRange(PenaltyLimits.Duration(penalty), TimeSpan.FromSeconds(1), new PenaltyLimits().Maximum);
        }
    }

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.8.9.1", true)]
    [InlineData("::1", true)]
    [InlineData("192.0.2.7", false)]
    [InlineData("2001:db8::1", false)]
    public void ThisMachine_IsExempt(string address, bool isExempt) =>
        Assert.Equal(isExempt, new PenaltyLimits().IsExempt(IPAddress.Parse(address)));

    [Fact]
    public void Throttle_LogsASourceOnceAMinuteAndCountsTheRest()
    {
        var throttle = new RefusalThrottle(_clock);
        Assert.True(throttle.IsWorthALine(AdmissionLimit.Penalty, Somebody, out _));
        for (var i = 0; i < 1000; i++)
        {
            Assert.False(throttle.IsWorthALine(AdmissionLimit.Penalty, Somebody, out _));
        }

        Assert.True(throttle.IsWorthALine(AdmissionLimit.Startups, Somebody, out var others));
        Assert.Equal(0, others);
        _clock.Advance(RefusalThrottle.Window);
        Assert.True(throttle.IsWorthALine(AdmissionLimit.Penalty, Somebody, out var silent));
        Assert.Equal(1000, silent);
    }

    [Fact]
    public void Throttle_LogsOnlySoManySources()
    {
        var throttle = new RefusalThrottle(_clock);
        var lines = Enumerable.Range(1, 100_000).Count(
            i => throttle.IsWorthALine(AdmissionLimit.Penalty, ClientSource.Of(new IPAddress(i)), out _));
        Assert.Equal(RefusalThrottle.LinesPerWindow, lines);
    }

    private SourcePenalties New() => new(new PenaltyLimits(), _clock);
}
