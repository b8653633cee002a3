using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Postern.Directory.Devices;
using Postern.Directory.Sessions;
using Postern.Directory.Tests.Testing;

namespace Postern.Directory.Tests.Devices;

/// <summary>Requests of programs without a browser, as the gateway makes and polls them.</summary>
[Collection(DatabaseCollection.Name)]
public class DeviceApprovalsTests(PostgreSqlServer server)
{
    private static readonly DeviceAsk Ask = new()
    {
        Requester = DeviceRequest.SshRequester,
        Purpose = "Open an SSH connection to web",
        Lifetime = TimeSpan.FromMinutes(10),
        Address = "192.0.2.7",
    };

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task Approval_IsTakenUpOnceByWhoAsked(string provider)
    {
        await using var directory = await TestDirectory.CreateAsync(provider, server);
        var approvals = directory.Services.GetRequiredService<DeviceApprovals>();
        var session = await NewSessionAsync(directory);
        var codes = (await approvals.AskAsync(Ask, CancellationToken.None))!;
        Assert.Equal(DevicePollState.Pending, (await approvals.PollAsync(codes.DeviceCode, "ssh", CancellationToken.None)).State);
        Assert.Equal("192.0.2.7", (await approvals.FindWaitingAsync(codes.UserCode, CancellationToken.None))!.Address);

        Assert.True(await approvals.DecideAsync(codes.UserCode, isApproved: true, session, CancellationToken.None));
        Assert.False(await approvals.DecideAsync(codes.UserCode, isApproved: false, session, CancellationToken.None));
        Assert.Null(await approvals.FindWaitingAsync(codes.UserCode, CancellationToken.None));
        Assert.Equal(DevicePollState.Unknown, (await approvals.PollAsync(codes.DeviceCode, "postern-cli", CancellationToken.None)).State);

        var poll = await approvals.PollAsync(codes.DeviceCode, "ssh", CancellationToken.None);
        Assert.Equal(
            (DevicePollState.Approved, session.UserId, "pwd mfa", session.AuthTime),
            (poll.State, poll.Request!.UserId, poll.Request.Amr, poll.Request.AuthTime));
        var hash = poll.Request.DeviceCodeHash;
        var winners = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            await using var context = await directory.Contexts.CreateDbContextAsync();
            return await approvals.TakeUpAsync(context, hash, null, CancellationToken.None);
        })));
        Assert.Single(winners, won => won);
        Assert.Equal(DevicePollState.Used, (await approvals.PollAsync(codes.DeviceCode, "ssh", CancellationToken.None)).State);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task Networks_ThatFillThePlaces_MakeRoomForOthers(string provider)
    {
        await using var directory = await TestDirectory.CreateAsync(provider, server);
        var approvals = directory.Services.GetRequiredService<DeviceApprovals>();
        var ask = Ask with { Requester = "postern-cli", Lifetime = TimeSpan.FromMinutes(10) };
        var mine = (await approvals.AskAsync(ask with { Address = "198.51.100.7" }, CancellationToken.None))!;

        // A stranger with a /48 and another one with an IPv4 address keep all places but a few.
        await FillAsync(directory, "2001:db8:1::/48", DeviceLimits.Waiting - 10);
        await FillAsync(directory, "192.0.2.1", 9);

        Assert.Null(await approvals.AskAsync(ask with { Address = "2001:db8:1:77::5" }, CancellationToken.None));
        for (var i = 1; i <= 8; i++)
        {
            Assert.NotNull(await approvals.AskAsync(ask with { Address = "203.0.113." + i }, CancellationToken.None));
        }

        await using var context = await directory.Contexts.CreateDbContextAsync();
        Assert.Equal(DeviceLimits.Waiting, await context.DeviceRequests.CountAsync());
        Assert.Equal(DeviceLimits.Waiting - 18, await context.DeviceRequests.CountAsync(r => r.Network == "2001:db8:1::/48"));
        Assert.Equal(9, await context.DeviceRequests.CountAsync(r => r.Network == "192.0.2.1"));
        Assert.False(await context.DeviceRequests.AnyAsync(r => r.DeviceCodeHash == "2001:db8:1::/48 9989")); // The youngest went.
        Assert.Equal(DevicePollState.Pending, (await approvals.PollAsync(mine.DeviceCode, "postern-cli", CancellationToken.None)).State);
        Assert.NotNull(await approvals.AskAsync(Ask, CancellationToken.None)); // ssh has places of its own.
    }

    [Fact]
    public async Task PlacesOfSsh_AreItsOwn()
    {
        await using var directory = await TestDirectory.CreateAsync("sqlite", server);
        var approvals = directory.Services.GetRequiredService<DeviceApprovals>();
        await FillAsync(directory, "192.0.2.7", DeviceLimits.WaitingSsh, DeviceRequest.SshRequester);
        Assert.Null(await approvals.AskAsync(Ask, CancellationToken.None));
        Assert.NotNull(await approvals.AskAsync(Ask with { Requester = "postern-cli" }, CancellationToken.None));
        Assert.NotNull(await approvals.AskAsync(Ask with { Address = "2001:db8::1" }, CancellationToken.None));
    }

    [Fact]
    public async Task Polls_ThatComeTooSoon_GrowTheIntervalUpToItsLimit()
    {
        await using var directory = await TestDirectory.CreateAsync("sqlite", server);
        var approvals = directory.Services.GetRequiredService<DeviceApprovals>();
        var codes = (await approvals.AskAsync(Ask, CancellationToken.None))!;
        await approvals.PollAsync(codes.DeviceCode, "ssh", CancellationToken.None);
        directory.Clock.Advance(TimeSpan.FromMilliseconds(4499));
        var early = await approvals.PollAsync(codes.DeviceCode, "ssh", CancellationToken.None);
        Assert.Equal((DevicePollState.TooSoon, 10), (early.State, early.Request!.IntervalSeconds));
        directory.Clock.Advance(TimeSpan.FromMilliseconds(9500));
        Assert.Equal(DevicePollState.Pending, (await approvals.PollAsync(codes.DeviceCode, "ssh", CancellationToken.None)).State);
        for (var i = 0; i < 20; i++)
        {
            early = await approvals.PollAsync(codes.DeviceCode, "ssh", CancellationToken.None);
        }

        Assert.Equal(DeviceLimits.LongestIntervalSeconds, early.Request!.IntervalSeconds);
    }

    [Fact]
    public async Task Request_AfterItsTime_IsOver()
    {
        await using var directory = await TestDirectory.CreateAsync("sqlite", server);
        var approvals = directory.Services.GetRequiredService<DeviceApprovals>();
        var session = await NewSessionAsync(directory);
        var late = (await approvals.AskAsync(Ask, CancellationToken.None))!;
        var approved = (await approvals.AskAsync(Ask, CancellationToken.None))!;
        Assert.True(await approvals.DecideAsync(approved.UserCode, isApproved: true, session, CancellationToken.None));
        var hash = (await approvals.PollAsync(approved.DeviceCode, "ssh", CancellationToken.None)).Request!.DeviceCodeHash;
        directory.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.False(await approvals.DecideAsync(late.UserCode, isApproved: true, session, CancellationToken.None));
        Assert.Equal(DevicePollState.Expired, (await approvals.PollAsync(late.DeviceCode, "ssh", CancellationToken.None)).State);
        Assert.Equal(DevicePollState.Expired, (await approvals.PollAsync(approved.DeviceCode, "ssh", CancellationToken.None)).State);
        await using var context = await directory.Contexts.CreateDbContextAsync();
        Assert.False(await approvals.TakeUpAsync(context, hash, null, CancellationToken.None));
    }

    [Fact]
    public async Task Codes_AreStoredAsHashesOnly()
    {
        await using var directory = await TestDirectory.CreateAsync("sqlite", server);
        var codes = (await directory.Services.GetRequiredService<DeviceApprovals>().AskAsync(Ask, CancellationToken.None))!;
        await using var context = await directory.Contexts.CreateDbContextAsync();
        var row = await context.DeviceRequests.AsNoTracking().SingleAsync();
        Assert.Equal((64, 64), (row.DeviceCodeHash.Length, row.UserCodeHash.Length));
        Assert.DoesNotContain(codes.UserCode, System.Text.Json.JsonSerializer.Serialize(row), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("two\nlines")]
    [InlineData(null)]
    public async Task Purpose_ThatIsNoSentence_IsRefused(string? purpose)
    {
        await using var directory = await TestDirectory.CreateAsync("sqlite", server);
        var approvals = directory.Services.GetRequiredService<DeviceApprovals>();
        await Assert.ThrowsAsync<ArgumentException>(
            () => approvals.AskAsync(Ask with { Purpose = purpose ?? new string('x', DeviceLimits.Purpose + 1) }, CancellationToken.None));
    }

    [Theory]
    [InlineData("WDJB-MJHT", "WDJB-MJHT")]
    [InlineData(" wdjb mjht ", "WDJB-MJHT")]
    [InlineData("wdjbmjht", "WDJB-MJHT")]
    [InlineData("WDJB-MJH", null)]
    [InlineData("WDJB-MJHTT", null)]
    [InlineData("ADJB-MJHT", null)]
    [InlineData("0DJB-MJHT1", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void UserCode_IsReadAsPeopleTypeIt(string? typed, string? expected) => Assert.Equal(expected, UserCode.Read(typed));

    [Fact]
    public void UserCode_ThatIsHuge_IsNotOne() => Assert.Null(UserCode.Read("WDJB-MJHT" + new string('-', 1000)));

    /// <summary>Requests of one network, each a little younger than the one before.</summary>
    private static async Task FillAsync(TestDirectory directory, string network, int count, string requester = "postern-cli")
    {
        await using var context = await directory.Contexts.CreateDbContextAsync();
        var now = directory.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        await context.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO device_requests (device_code_hash, user_code_hash, requester, purpose, scope, required_amr, network,
                created_at, expires_at, interval_seconds, is_approved, amr)
            WITH RECURSIVE numbers(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i + 1 < {count})
            SELECT {network} || ' ' || CAST(i AS text), {network} || ' ' || CAST(i AS text), {requester}, 'p', '', '', {network},
                {now} + i, {now} + 600000, 5, false, '' FROM numbers
            """);
    }

    private static async Task<Session> NewSessionAsync(TestDirectory directory)
    {
        var user = directory.NewUser("ada");
        var now = directory.Clock.GetUtcNow();
        var session = new Session
        {
            Id = Guid.NewGuid(),
            UserId = user.Id,
            ClientId = "browser",
            Grant = "password",
            Amr = "pwd mfa",
            AuthTime = now,
            CreatedAt = now,
            LastUsedAt = now,
            AbsoluteExpiry = now.AddDays(1),
            IdleExpiry = now.AddDays(1),
        };
        await directory.SaveAsync(user, session);
        return session;
    }
}
