using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.IdentityModel.Tokens;
using Postern.Directory.Audit;
using Postern.Directory.Secrets;
using Postern.Directory.Storage;

namespace Postern.Login.Tokens;

/// <summary>
/// The keys that sign access tokens, kept in the Directory and encrypted with Data Protection. A new key is published for
/// <see cref="PublishedBefore"/> before it signs, so that every server and every cache of the key set knows it by then, and an
/// old one stays until the last token that it signed has expired. All servers work this out from the same rows and need not
/// agree on anything else. Two that make a key at the same moment make two, which does no harm.
/// </summary>
internal sealed class SigningKeyRing(
    IDbContextFactory<DirectoryContext> contexts, IDataProtectionProvider protection, LoginOptions options, TimeProvider clock) : IDisposable
{
    /// <summary>How long a key is published before it signs: twice as long as caches keep the key set.</summary>
    public static readonly TimeSpan PublishedBefore = TimeSpan.FromMinutes(10);

    /// <summary>How long a key is published after it stopped signing: the longest life of an access token, and as long again as clocks and caches may differ.</summary>
    public static readonly TimeSpan PublishedAfter = LoginLimits.LongestAccessTokenLifetime + PublishedBefore;

    /// <summary>How long keys are remembered before the database is asked again: a key that an operator took back is refused after it.</summary>
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(5);

    /// <summary>How soon an unknown key id may make us ask again: tokens with invented ids must not become queries.</summary>
    private static readonly TimeSpan ShortestReload = TimeSpan.FromSeconds(1);

    private readonly IDataProtector _protector = protection.CreateProtector("postern.access-token-key");
    private readonly SemaphoreSlim _gate = new(1, 1);

    // Replaced as a whole, inside the gate.
    private volatile Snapshot _snapshot = new([], DateTimeOffset.MinValue);

    /// <summary>The key that signs now; made on first use.</summary>
    public async ValueTask<ECDsaSecurityKey> GetCurrentAsync(CancellationToken cancellationToken) =>
        Signing((await LoadAsync(Freshness, cancellationToken)).Keys).Key;

    /// <summary>All keys whose signatures count, and those that will sign next.</summary>
    public async ValueTask<IReadOnlyList<ECDsaSecurityKey>> GetAllAsync(CancellationToken cancellationToken) =>
        [.. (await LoadAsync(Freshness, cancellationToken)).Keys.Select(entry => entry.Key)];

    /// <summary>The key with this id, in a list of one; empty when there is none.</summary>
    public async ValueTask<IReadOnlyList<ECDsaSecurityKey>> GetVerificationKeysAsync(string keyId, CancellationToken cancellationToken)
    {
        var found = Find(await LoadAsync(Freshness, cancellationToken), keyId)
            ?? Find(await LoadAsync(ShortestReload, cancellationToken), keyId);
        return found is null ? [] : [found.Key];
    }

    /// <summary>The published keys as they stand, the newest first.</summary>
    public async Task<IReadOnlyList<SigningKeyStatus>> ListAsync(CancellationToken cancellationToken)
    {
        var keys = (await LoadAsync(TimeSpan.Zero, cancellationToken)).Keys;
        var signing = Signing(keys);
        var later = true;
        var list = new List<SigningKeyStatus>(keys.Count);
        foreach (var entry in keys)
        {
            var isSigning = entry == signing;
            later &= !isSigning;
            list.Add(new(entry.Key.KeyId, entry.CreatedAt, isSigning ? SigningKeyUse.Signs : later ? SigningKeyUse.SignsSoon : SigningKeyUse.Verifies));
        }

        return list;
    }

    /// <summary>
    /// Publishes a new key. It signs in <see cref="PublishedBefore"/>; or, when the old keys may be in wrong hands, at once, and
    /// then every token of the old keys is refused.
    /// </summary>
    public async Task RotateAsync(bool isOldRevoked, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        DateTimeOffset? now = clock.GetUtcNow();
        if (isOldRevoked)
        {
            foreach (var keyId in await context.SigningKeys.Where(row => row.RetiredAt == null).Select(row => row.KeyId).ToListAsync(cancellationToken))
            {
                context.Add(Event("postern-server signing-key rotate", "signing_key.revoked", keyId, now.Value));
            }

            await context.SigningKeys.Where(row => row.RetiredAt == null)
                .ExecuteUpdateAsync(row => row.SetProperty(k => k.RetiredAt, now), cancellationToken);
        }

        var added = Create(now.Value);
        context.SigningKeys.Add(added);
        context.Add(Event("postern-server signing-key rotate", "signing_key.created", added.KeyId, now.Value));
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    public void Dispose() => _gate.Dispose();

    // The newest that has been published long enough; the oldest while none has, which is how the first key signs at once.
    private Entry Signing(IReadOnlyList<Entry> keys)
    {
        var published = clock.GetUtcNow() - PublishedBefore;
        return keys.FirstOrDefault(entry => entry.CreatedAt <= published) ?? keys[^1];
    }

    private static Entry? Find(Snapshot snapshot, string keyId) => snapshot.Keys.FirstOrDefault(entry => entry.Key.KeyId == keyId);

    private async ValueTask<Snapshot> LoadAsync(TimeSpan freshness, CancellationToken cancellationToken)
    {
        if (IsFresh(_snapshot, freshness))
        {
            return _snapshot;
        }

        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (!IsFresh(_snapshot, freshness))
            {
                _snapshot = await ReadAsync(cancellationToken);
            }

            return _snapshot;
        }
        finally
        {
            _gate.Release();
        }
    }

    private bool IsFresh(Snapshot snapshot, TimeSpan freshness) =>
        snapshot.Keys.Count > 0 && clock.GetUtcNow() - snapshot.LoadedAt < freshness;

    private async Task<Snapshot> ReadAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await context.SigningKeys.AsNoTracking()
            .Where(row => row.RetiredAt == null)
            .OrderByDescending(row => row.CreatedAt).ThenBy(row => row.KeyId)
            .ToListAsync(cancellationToken);
        if (rows.Count == 0 || now - rows[0].CreatedAt >= options.SigningKeyLifetime)
        {
            var row = Create(now);
            context.SigningKeys.Add(row);
            context.Add(Event("server", "signing_key.created", row.KeyId, now));
            await context.SaveChangesAsync(cancellationToken);
            rows.Insert(0, row);
        }

        await RetireAsync(context, rows, now, cancellationToken);
        var known = _snapshot.Keys.ToDictionary(entry => entry.Key.KeyId, StringComparer.Ordinal);
        return new([.. rows.Select(row => known.GetValueOrDefault(row.KeyId) ?? new Entry(Open(row), row.CreatedAt))], now);
    }

    /// <summary>Takes the keys out whose last token has expired.</summary>
    private static async Task RetireAsync(DirectoryContext context, List<SigningKey> rows, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // The one after it signs from here on.
        var last = rows.FindIndex(row => row.CreatedAt + PublishedBefore + PublishedAfter <= now);
        if (last < 0 || last == rows.Count - 1)
        {
            return;
        }

        var retired = rows[(last + 1)..].Select(row => row.KeyId).ToList();
        DateTimeOffset? at = now;
        await context.SigningKeys.Where(row => retired.Contains(row.KeyId) && row.RetiredAt == null)
            .ExecuteUpdateAsync(row => row.SetProperty(k => k.RetiredAt, at), cancellationToken);
        rows.RemoveRange(last + 1, rows.Count - last - 1);
    }

    private static AuditEvent Event(string actor, string action, string keyId, DateTimeOffset now) =>
        new() { At = now, Actor = actor, Action = action, Subject = $"signing key {keyId}" };

    private SigningKey Create(DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var plain = key.ExportPkcs8PrivateKey();
        try
        {
            return new SigningKey
            {
                KeyId = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)),
                ProtectedKey = _protector.Protect(plain),
                CreatedAt = now,
            };
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    private ECDsaSecurityKey Open(SigningKey row)
    {
        var plain = _protector.Unprotect(row.ProtectedKey);
        try
        {
            var key = ECDsa.Create();
            key.ImportPkcs8PrivateKey(plain, out _);
            return new ECDsaSecurityKey(key) { KeyId = row.KeyId };
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    private sealed record Entry(ECDsaSecurityKey Key, DateTimeOffset CreatedAt);

    private sealed record Snapshot(IReadOnlyList<Entry> Keys, DateTimeOffset LoadedAt);
}
