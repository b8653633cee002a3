using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.IdentityModel.Tokens;
using Postern.Directory.Secrets;
using Postern.Directory.Storage;

namespace Postern.Login.Tokens;

/// <summary>
/// The keys that sign access tokens, kept in the Directory and encrypted with Data Protection. Two servers that start on an
/// empty database may each make one: both are then trusted, and the newer signs.
/// </summary>
internal sealed class SigningKeyRing(
    IDbContextFactory<DirectoryContext> contexts, IDataProtectionProvider protection, TimeProvider clock) : IDisposable
{
    /// <summary>How long keys are remembered before the database is asked again, so that a new key is picked up.</summary>
    private static readonly TimeSpan Freshness = TimeSpan.FromMinutes(5);

    /// <summary>How soon an unknown key id may make us ask again: tokens with invented ids must not become queries.</summary>
    private static readonly TimeSpan ShortestReload = TimeSpan.FromSeconds(10);

    private readonly IDataProtector _protector = protection.CreateProtector("postern.access-token-key");
    private readonly SemaphoreSlim _gate = new(1, 1);
    private IReadOnlyList<ECDsaSecurityKey> _keys = [];
    private DateTimeOffset _loadedAt = DateTimeOffset.MinValue;

    /// <summary>The key that signs now; made on first use.</summary>
    public async Task<ECDsaSecurityKey> GetCurrentAsync(CancellationToken cancellationToken) =>
        (await LoadAsync(Freshness, cancellationToken))[0];

    /// <summary>All keys whose signatures count.</summary>
    public Task<IReadOnlyList<ECDsaSecurityKey>> GetAllAsync(CancellationToken cancellationToken) =>
        LoadAsync(Freshness, cancellationToken);

    /// <summary>The key with this id, in a list of one; empty when there is none.</summary>
    public async Task<IReadOnlyList<ECDsaSecurityKey>> GetVerificationKeysAsync(string keyId, CancellationToken cancellationToken)
    {
        var known = await LoadAsync(Freshness, cancellationToken);
        if (known.All(key => key.KeyId != keyId))
        {
            known = await LoadAsync(ShortestReload, cancellationToken);
        }

        return [.. known.Where(key => key.KeyId == keyId)];
    }

    public void Dispose() => _gate.Dispose();

    private async Task<IReadOnlyList<ECDsaSecurityKey>> LoadAsync(TimeSpan freshness, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            var now = clock.GetUtcNow();
            if (_keys.Count > 0 && now - _loadedAt < freshness)
            {
                return _keys;
            }

            await using var context = await contexts.CreateDbContextAsync(cancellationToken);
            var rows = await context.SigningKeys.AsNoTracking()
                .Where(row => row.RetiredAt == null)
                .ToListAsync(cancellationToken);
            if (rows.Count == 0)
            {
                var row = Create(now);
                context.SigningKeys.Add(row);
                await context.SaveChangesAsync(cancellationToken);
                rows.Add(row);
            }

            _keys = [.. rows.OrderByDescending(row => row.CreatedAt).ThenBy(row => row.KeyId, StringComparer.Ordinal).Select(Open)];
            _loadedAt = now;
            return _keys;
        }
        finally
        {
            _gate.Release();
        }
    }

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
}
