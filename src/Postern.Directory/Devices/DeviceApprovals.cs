using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.Sessions;
using Postern.Directory.Storage;

namespace Postern.Directory.Devices;

/// <summary>
/// Requests of programs without a browser and what people decide about them. The token endpoint and the gateway ask, the page
/// <c>/device</c> decides; whoever asked takes an approval up once.
/// </summary>
public sealed class DeviceApprovals(IDbContextFactory<DirectoryContext> contexts, TimeProvider clock)
{
    private const string DeviceCodePrefix = "pdc_";
    private const int DeviceCodeBytes = 32;

    /// <summary>Fresh codes that are tried before the database is taken to be the trouble: two alike are one in a million at most.</summary>
    private const int Attempts = 3;

    /// <summary>
    /// Stores a request and gives its codes. When <see cref="DeviceLimits.Waiting"/> requests (of ssh:
    /// <see cref="DeviceLimits.WaitingSsh"/>) wait already, the network with the most of them loses its youngest; null when that
    /// is the asking one's.
    /// </summary>
    /// <exception cref="ArgumentException">The purpose is empty, too long or holds control characters.</exception>
    public async Task<DeviceCodes?> AskAsync(DeviceAsk ask, CancellationToken cancellationToken)
    {
        if (ask.Purpose.Length is 0 or > DeviceLimits.Purpose || ask.Purpose.Any(char.IsControl))
        {
            throw new ArgumentException($"A purpose has 1 to {DeviceLimits.Purpose} characters and no control characters.", nameof(ask));
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var now = clock.GetUtcNow();
        var isSsh = ask.Requester == DeviceRequest.SshRequester;
        var waiting = context.DeviceRequests.Where(
            r => r.ExpiresAt > now && r.DecidedAt == null && (r.Requester == DeviceRequest.SshRequester) == isSsh);
        if (await waiting.CountAsync(cancellationToken) >= (isSsh ? DeviceLimits.WaitingSsh : DeviceLimits.Waiting)
            && !await MakeRoomAsync(waiting, ClientNetwork.Of(ask.Address), cancellationToken))
        {
            return null;
        }

        for (var attempt = 1; ; attempt++)
        {
            var deviceCode = DeviceCodePrefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(DeviceCodeBytes));
            var userCode = UserCode.Create();
            var row = NewRow(ask, deviceCode, userCode, now);
            context.DeviceRequests.Add(row);
            try
            {
                await context.SaveChangesAsync(cancellationToken);
                return new DeviceCodes(deviceCode, userCode, row.ExpiresAt, row.IntervalSeconds);
            }
            catch (DbUpdateException) when (attempt < Attempts)
            {
                context.Entry(row).State = EntityState.Detached;
            }
        }
    }

    /// <summary>How the request with this device code stands; counts the poll.</summary>
    public async Task<DevicePoll> PollAsync(string deviceCode, string requester, CancellationToken cancellationToken)
    {
        if (!IsDeviceCode(deviceCode))
        {
            return new(DevicePollState.Unknown, null);
        }

        var hash = Hash(deviceCode);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var row = await context.DeviceRequests.AsNoTracking().FirstOrDefaultAsync(r => r.DeviceCodeHash == hash, cancellationToken);
        if (row is null || row.Requester != requester)
        {
            return new(DevicePollState.Unknown, null);
        }

        var now = clock.GetUtcNow();
        if (row.UsedAt is not null || now >= row.ExpiresAt || row.DecidedAt is not null)
        {
            return new(Ended(row, now), row);
        }

        var isTooSoon = row.PolledAt + TimeSpan.FromSeconds(row.IntervalSeconds) - DeviceLimits.PollTolerance > now;
        var interval = isTooSoon
            ? Math.Min(row.IntervalSeconds + DeviceLimits.SlowDownSeconds, DeviceLimits.LongestIntervalSeconds)
            : row.IntervalSeconds;
        await context.DeviceRequests.Where(r => r.DeviceCodeHash == hash).ExecuteUpdateAsync(
            r => r.SetProperty(x => x.PolledAt, now).SetProperty(x => x.IntervalSeconds, interval), cancellationToken);
        row.IntervalSeconds = interval;
        return new(isTooSoon ? DevicePollState.TooSoon : DevicePollState.Pending, row);
    }

    /// <summary>The request that a person may decide about now, or null.</summary>
    /// <param name="userCode">The code as <see cref="UserCode.Read"/> gives it. Whoever calls this bounds how often.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<DeviceRequest?> FindWaitingAsync(string userCode, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await Waiting(context, userCode).AsNoTracking().FirstOrDefaultAsync(cancellationToken);
    }

    /// <summary>Allows or denies a request in the name of the person of this session. False when it waits no longer.</summary>
    public async Task<bool> DecideAsync(string userCode, bool isApproved, Session decidedIn, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        if (!await AccountTurn.TakeAsync(context, decidedIn, cancellationToken))
        {
            return false;
        }

        var now = clock.GetUtcNow();
        var rows = await Waiting(context, userCode).ExecuteUpdateAsync(
            row => row
                .SetProperty(r => r.DecidedAt, now)
                .SetProperty(r => r.IsApproved, isApproved)
                .SetProperty(r => r.UserId, decidedIn.UserId)
                .SetProperty(r => r.Amr, decidedIn.Amr)
                .SetProperty(r => r.AuthTime, decidedIn.AuthTime)
                .SetProperty(r => r.SsoLoginId, decidedIn.SsoLoginId),
            cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return rows == 1;
    }

    /// <summary>
    /// Takes an approval up, which works once; the database decides who was first. <paramref name="context"/> may hold a
    /// transaction, so that what is made of the approval (a session, whose id is kept) comes into being with it or not at all.
    /// </summary>
    public async Task<bool> TakeUpAsync(
        DirectoryContext context, string deviceCodeHash, Guid? sessionId, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var rows = await context.DeviceRequests
            .Where(r => r.DeviceCodeHash == deviceCodeHash && r.IsApproved && r.UsedAt == null && r.ExpiresAt > now)
            .ExecuteUpdateAsync(row => row.SetProperty(r => r.UsedAt, now).SetProperty(r => r.SessionId, sessionId), cancellationToken);
        return rows == 1;
    }

    /// <summary>Takes a request back that nobody has decided about: whoever asked has gone, so there is nothing to allow.</summary>
    public async Task WithdrawAsync(string deviceCode, CancellationToken cancellationToken)
    {
        var hash = Hash(deviceCode);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await context.DeviceRequests
            .Where(r => r.DeviceCodeHash == hash && r.DecidedAt == null && r.UsedAt == null)
            .ExecuteDeleteAsync(cancellationToken);
    }

    // Whoever asks most makes room, so that nobody fills the table for everybody: false when that is this network itself, or
    // when all have as many, for then taking a place from another is no fairer.
    private static async Task<bool> MakeRoomAsync(IQueryable<DeviceRequest> waiting, string network, CancellationToken cancellationToken)
    {
        var fullest = await waiting
            .GroupBy(r => r.Network)
            .Select(group => new { Network = group.Key, Count = group.Count() })
            .OrderByDescending(group => group.Count)
            .FirstOrDefaultAsync(cancellationToken);
        if (fullest is null)
        {
            return true; // They were decided meanwhile.
        }

        if (fullest.Count <= await waiting.CountAsync(r => r.Network == network, cancellationToken) + 1)
        {
            return false;
        }

        var youngest = await waiting
            .Where(r => r.Network == fullest.Network)
            .OrderByDescending(r => r.CreatedAt)
            .Select(r => r.DeviceCodeHash)
            .FirstOrDefaultAsync(cancellationToken);
        await waiting.Where(r => r.DeviceCodeHash == youngest).ExecuteDeleteAsync(cancellationToken);
        return true;
    }

    private static DeviceRequest NewRow(DeviceAsk ask, string deviceCode, string userCode, DateTimeOffset now) => new()
    {
        DeviceCodeHash = Hash(deviceCode),
        UserCodeHash = Hash(userCode),
        Requester = ask.Requester,
        Purpose = ask.Purpose,
        Scope = ask.Scope,
        RequiredAmr = string.Join(' ', ask.RequiredAmr),
        MaxAgeSeconds = ask.MaxAge is { } age ? (int)Math.Clamp(age.TotalSeconds, 0, int.MaxValue) : null,
        Address = ask.Address,
        Network = ClientNetwork.Of(ask.Address),
        UserAgent = ask.UserAgent,
        CreatedAt = now,
        ExpiresAt = now + ask.Lifetime,
        IntervalSeconds = DeviceLimits.IntervalSeconds,
        Amr = "",
    };

    private static DevicePollState Ended(DeviceRequest row, DateTimeOffset now) =>
        row.UsedAt is not null ? DevicePollState.Used
        : now >= row.ExpiresAt ? DevicePollState.Expired
        : row.IsApproved ? DevicePollState.Approved
        : DevicePollState.Denied;

    private IQueryable<DeviceRequest> Waiting(DirectoryContext context, string userCode)
    {
        var hash = Hash(userCode);
        var now = clock.GetUtcNow();
        return context.DeviceRequests.Where(r => r.UserCodeHash == hash && r.ExpiresAt > now && r.DecidedAt == null && r.UsedAt == null);
    }

    private static bool IsDeviceCode(string text) =>
        text.Length == DeviceCodePrefix.Length + Base64Url.GetEncodedLength(DeviceCodeBytes)
        && text.StartsWith(DeviceCodePrefix, StringComparison.Ordinal)
        && Base64Url.IsValid(text.AsSpan(DeviceCodePrefix.Length));

    // A user code has few bits, but a hash that is guessed from a stolen database is good for ten minutes and one decision.
    private static string Hash(string code) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(code)));
}
