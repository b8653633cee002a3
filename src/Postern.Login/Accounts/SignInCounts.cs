using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Postern.Authority;
using Postern.Directory.People;
using Postern.Directory.Storage;

namespace Postern.Login.Accounts;

/// <summary>
/// Counts wrong passwords in the database, for all servers together. Names that have an account and names that have none are
/// counted by the same statements in the same table for the same time, so the count tells nobody which is which.
/// </summary>
internal sealed class SignInCounts : IDisposable
{
    private const string Purpose = "sign-in counts";

    private readonly LoginOptions _options;
    private readonly TimeProvider _clock;
    private readonly byte[] _key;

    public SignInCounts(MasterKey masterKey, LoginOptions options, TimeProvider clock)
    {
        _options = options;
        _clock = clock;
        _key = masterKey.DeriveKey(Purpose);
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(_key);

    /// <summary>What is counted for a name and everybody who types it. A new password begins a new count.</summary>
    public string KeyOf(string normalizedEmail, User? user) => Hash($"name {user?.PasswordHash} {normalizedEmail}");

    /// <summary>What is counted for a browser that signed in to an account before.</summary>
    public string KeyOf(Guid userId, string browser) => Hash($"browser {userId} {browser}");

    /// <summary>
    /// Counts an attempt as failed until it proves otherwise: of guesses sent at once no more are looked at than of guesses
    /// sent one by one. Gives how long the name is locked, and whether this attempt may still be looked at.
    /// </summary>
    public async Task<(bool MayTry, TimeSpan Lock)> ChargeAsync(DirectoryContext context, string key, CancellationToken cancellationToken)
    {
        var now = _clock.GetUtcNow();
        var (at, window, locked) = (now.ToUnixTimeMilliseconds(), (now + LoginLimits.FailureWindow).ToUnixTimeMilliseconds(), (now + _options.LockoutDuration).ToUnixTimeMilliseconds());
        var limit = _options.LockoutThreshold;
        var first = limit == 1 ? locked : window;
        var charged = await context.Database.SqlQuery<Count>(
            $"""
            INSERT INTO sign_in_counts AS present (name_hash, failed, ends_at) VALUES ({key}, 1, {first})
            ON CONFLICT (name_hash) DO UPDATE SET
                failed = CASE WHEN present.ends_at <= {at} THEN 1 ELSE present.failed + 1 END,
                ends_at = CASE
                    WHEN present.ends_at <= {at} THEN {first}
                    WHEN present.failed + 1 >= {limit} THEN {locked}
                    ELSE present.ends_at END
            WHERE present.failed < {limit} OR present.ends_at <= {at}
            RETURNING failed AS "Failed", ends_at AS "EndsAt"
            """).ToListAsync(cancellationToken);
        if (charged is [var count])
        {
            return (true, count.Failed >= limit ? DateTimeOffset.FromUnixTimeMilliseconds(count.EndsAt) - now : TimeSpan.Zero);
        }

        var end = await context.SignInCounts.Where(c => c.NameHash == key).Select(c => (DateTimeOffset?)c.EndsAt).FirstOrDefaultAsync(cancellationToken);
        return (false, end > now ? end.Value - now : TimeSpan.FromSeconds(1));
    }

    /// <summary>
    /// Takes one charge back, for the password was right. The others stay: whoever tried them must not learn from the count
    /// that somebody signed in.
    /// </summary>
    public Task RefundAsync(DirectoryContext context, string key, CancellationToken cancellationToken)
    {
        var window = _clock.GetUtcNow() + LoginLimits.FailureWindow;
        return context.SignInCounts.Where(c => c.NameHash == key && c.Failed > 0).ExecuteUpdateAsync(
            row => row
                .SetProperty(c => c.EndsAt, c => c.Failed >= _options.LockoutThreshold ? window : c.EndsAt)
                .SetProperty(c => c.Failed, c => c.Failed - 1),
            cancellationToken);
    }

    /// <summary>Forgets a count that only one browser sees.</summary>
    public static Task ForgetAsync(DirectoryContext context, string key, CancellationToken cancellationToken) =>
        context.SignInCounts.Where(c => c.NameHash == key).ExecuteDeleteAsync(cancellationToken);

    private string Hash(string text) => Convert.ToHexStringLower(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(text)));

    private sealed class Count
    {
        public int Failed { get; set; }

        public long EndsAt { get; set; }
    }
}
