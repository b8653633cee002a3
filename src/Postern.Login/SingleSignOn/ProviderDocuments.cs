using System.Collections.Concurrent;
using Microsoft.IdentityModel.Tokens;

namespace Postern.Login.SingleSignOn;

/// <summary>
/// Discovery documents and keys of providers, kept for an hour. A key that is not among those known is looked for again, once a
/// minute at most, so that a provider can change its keys at any time. Safe for use by many threads.
/// </summary>
internal sealed class ProviderDocuments(ProviderHttp http, LoginOptions options, TimeProvider clock, ILogger<ProviderDocuments> log)
{
    /// <summary>Issuers that are remembered; all are forgotten when there are more, for they are cheap to ask again.</summary>
    private const int Capacity = 1000;

    /// <summary>Kinds of keys that are used: asymmetric ones, so that nobody who knows a public key or our secret can sign.</summary>
    private static readonly HashSet<string> KeyTypes = [JsonWebAlgorithmsKeyTypes.RSA, JsonWebAlgorithmsKeyTypes.EllipticCurve];

    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <summary>The discovery document of an issuer. Throws <see cref="ProviderException"/>.</summary>
    public async Task<ProviderMetadata> GetMetadataAsync(string issuer, CancellationToken cancellationToken)
    {
        var entry = EntryOf(issuer);
        await entry.Gate.WaitAsync(cancellationToken);
        try
        {
            return await GetMetadataAsync(entry, issuer, cancellationToken);
        }
        finally
        {
            entry.Gate.Release();
        }
    }

    /// <summary>The keys that may have signed a token with this key id (null when it names none). Throws <see cref="ProviderException"/>.</summary>
    public async Task<IReadOnlyList<SecurityKey>> GetKeysAsync(string issuer, string? keyId, CancellationToken cancellationToken)
    {
        var entry = EntryOf(issuer);
        await entry.Gate.WaitAsync(cancellationToken);
        try
        {
            var metadata = await GetMetadataAsync(entry, issuer, cancellationToken);
            var age = clock.GetUtcNow() - entry.KeysAt;
            var isUnknown = keyId is not null && entry.Keys?.Any(key => key.KeyId == keyId) == false;
            if (entry.Keys is null || age >= SsoLimits.MetadataLifetime || (isUnknown && age >= SsoLimits.KeyRefetch))
            {
                try
                {
                    entry.Keys = await ReadKeysAsync(metadata, cancellationToken);
                    entry.KeysAt = clock.GetUtcNow();
                }
                catch (ProviderException exception) when (entry.Keys is not null && age < SsoLimits.StaleMetadata)
                {
                    log.ProviderDocumentKept(issuer, exception.Message);
                }
            }

            return keyId is null ? entry.Keys! : [.. entry.Keys!.Where(key => key.KeyId == keyId)];
        }
        finally
        {
            entry.Gate.Release();
        }
    }

    /// <summary>Forgets an issuer, so that a test of it asks anew.</summary>
    public void Forget(string issuer) => _entries.TryRemove(issuer, out _);

    private Entry EntryOf(string issuer)
    {
        if (_entries.Count >= Capacity)
        {
            _entries.Clear();
        }

        return _entries.GetOrAdd(issuer, static _ => new Entry());
    }

    private async Task<ProviderMetadata> GetMetadataAsync(Entry entry, string issuer, CancellationToken cancellationToken)
    {
        var age = clock.GetUtcNow() - entry.MetadataAt;
        if (entry.Metadata is { } known && age < SsoLimits.MetadataLifetime)
        {
            return known;
        }

        try
        {
            var document = await http.GetAsync(issuer.TrimEnd('/') + ProviderMetadata.Path, null, cancellationToken);
            entry.Metadata = ProviderMetadata.Read(document, issuer, options.SsoInternalHosts);
            entry.MetadataAt = clock.GetUtcNow();
            return entry.Metadata;
        }
        catch (ProviderException exception) when (entry.Metadata is not null && age < SsoLimits.StaleMetadata)
        {
            log.ProviderDocumentKept(issuer, exception.Message);
            return entry.Metadata;
        }
    }

    private async Task<IReadOnlyList<SecurityKey>> ReadKeysAsync(ProviderMetadata metadata, CancellationToken cancellationToken)
    {
        var document = await http.GetAsync(metadata.KeySet, null, cancellationToken);
        try
        {
            // Symmetric keys have no place in a public document; without them no token can be signed with one.
            IReadOnlyList<SecurityKey> keys =
            [
                .. new JsonWebKeySet(document.GetRawText()).Keys
                    .Where(key => KeyTypes.Contains(key.Kty) && (key.Use is null or "" or "sig") && string.IsNullOrEmpty(key.K)).Take(SsoLimits.Keys),
            ];
            return keys.Count > 0 ? keys : throw new ProviderException(ProviderFailure.Invalid, "The provider publishes no key that could sign.");
        }
        catch (ArgumentException exception)
        {
            throw new ProviderException(ProviderFailure.Invalid, "The provider's keys cannot be read.", exception);
        }
    }

    private sealed class Entry
    {
        public SemaphoreSlim Gate { get; } = new(1, 1);

        public ProviderMetadata? Metadata { get; set; }

        public DateTimeOffset MetadataAt { get; set; }

        public IReadOnlyList<SecurityKey>? Keys { get; set; }

        public DateTimeOffset KeysAt { get; set; }
    }
}
