using System.Buffers.Binary;
using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Postern.Ssh.Keys;

namespace Postern.Authority;

/// <summary>
/// The deployment's certificate authorities, for users and for hosts. One instance serves a process; several processes
/// may share a store. Call <see cref="InitializeAsync"/> first; all else is safe on several threads at once.
/// </summary>
public sealed class CertificateAuthority : IDisposable
{
    /// <summary>The name of the meter; <c>docs/metrics.md</c> lists what it counts.</summary>
    public const string MeterName = "Postern.Authority";

    private readonly IAuthorityKeyStore _store;
    private readonly ICertificateLedger _ledger;
    private readonly AuthorityConfig _config;
    private readonly TimeProvider _time;
    private readonly RandomNumberGenerator _random;
    private readonly ILogger<CertificateAuthority> _logger;
    private readonly PrivateKeyProtection _protection;
    private readonly RevocationCheck _revocation;
    private readonly Meter _meter = new(MeterName);

    // Guards loading; signing uses the ring that it finds.
    private readonly SemaphoreSlim _gate = new(1, 1);

    // Kept until the end, as a signature may be under way when a key is replaced. Under _gate.
    private readonly Dictionary<Guid, Ed25519PrivateKey> _privateKeys = [];
    private volatile AuthorityKeyRing? _ring;

    /// <summary>Takes what the authority works with; none of it becomes its own. Throws when the configuration is invalid.</summary>
    public CertificateAuthority(
        IAuthorityKeyStore store,
        ICertificateLedger ledger,
        MasterKey masterKey,
        AuthorityConfig config,
        TimeProvider time,
        RandomNumberGenerator random,
        ILogger<CertificateAuthority> logger)
    {
        if (config.ExtensionDomain.Length is 0 or > 200
            || !config.ExtensionDomain.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '-'))
        {
            throw new ArgumentException("the extension domain is 1 to 200 lower-case letters, digits, dots and dashes", nameof(config));
        }

        if (config.UserCertificateLifetime < AuthorityLimits.MinimumLifetime || config.UserCertificateLifetime > AuthorityLimits.MaximumUserLifetime)
        {
            throw new ArgumentException(
                $"the lifetime of user certificates is {AuthorityLimits.MinimumLifetime} to {AuthorityLimits.MaximumUserLifetime}", nameof(config));
        }

        _store = store;
        _ledger = ledger;
        _config = config;
        _time = time;
        _random = random;
        _logger = logger;
        _protection = new PrivateKeyProtection(masterKey, random);
        _revocation = new RevocationCheck(config.RevokedKeysFile, time, logger);
        _meter.CreateObservableGauge(
            "postern_authority_unreadable_keys", () => (long)(_ring?.Unreadable.Count ?? 0), null, "Keys of the authorities that cannot be read");
    }

    /// <summary>The keys whose user certificates are to be trusted, the signing one first, as of the last load.</summary>
    public IReadOnlyList<PublicKey> TrustedUserAuthorities => Ring.Trusted(AuthorityPurpose.UserCertificates);

    /// <summary>The keys whose host certificates are to be trusted, the signing one first, as of the last load.</summary>
    public IReadOnlyList<PublicKey> TrustedHostAuthorities => Ring.Trusted(AuthorityPurpose.HostCertificates);

    /// <summary>All keys that can be read, oldest first, as of the last load.</summary>
    public IReadOnlyList<AuthorityKey> Keys => Ring.Keys;

    /// <summary>Ids of the keys that cannot be read, or not be opened although they should sign, as of the last load.</summary>
    public IReadOnlyList<Guid> UnreadableKeys => Ring.Unreadable;

    private AuthorityKeyRing Ring => _ring ?? throw new InvalidOperationException("the authority is not initialized");

    /// <summary>
    /// Makes a key for each purpose that has no active one, and loads them. Several processes may do so at once. Throws
    /// <see cref="AuthorityKeyException"/> when a key that should sign cannot be used; then no new ones are made.
    /// </summary>
    public async Task InitializeAsync(CancellationToken cancellationToken)
    {
        await ReloadAsync(cancellationToken);
        foreach (var purpose in Enum.GetValues<AuthorityPurpose>())
        {
            if (!Ring.Signers.ContainsKey(purpose))
            {
                await TryCreateAsync(purpose, replacedId: null, cancellationToken);
            }
        }

        await ReloadAsync(cancellationToken);
    }

    /// <summary>
    /// Loads the keys again, to see what other processes changed. Signing does so by itself; who only trusts, such as a
    /// gateway, calls this every few seconds. One key that cannot be read does not keep the others as they were: what can be
    /// read holds from now on, and then this throws <see cref="AuthorityKeyException"/> if the one should sign.
    /// </summary>
    public async Task ReloadAsync(CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken);
        foreach (var fault in Ring.SigningFaults.Values)
        {
            throw new AuthorityKeyException(fault.Message, fault);
        }
    }

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            var loadedAt = _time.GetTimestamp();
            var records = await _store.LoadAsync(cancellationToken);
            var keys = new List<AuthorityKey>();
            var signers = new Dictionary<AuthorityPurpose, ISigner>();
            var signingFaults = new Dictionary<AuthorityPurpose, AuthorityKeyException>();
            var unreadable = new List<Guid>();
            foreach (var record in records.OrderBy(r => r.CreatedAt).ThenBy(r => r.Id))
            {
                try
                {
                    var key = new AuthorityKey(record.Id, record.Purpose, PrivateKeyProtection.PublicKeyOf(record), record.CreatedAt, record.State);
                    var isKnown = _ring?.Keys.Any(k => k.Id == key.Id && k.PublicKey.Equals(key.PublicKey)) == true;
                    if (record.State != AuthorityKeyState.Active || isKnown)
                    {
                        keys.Add(key);
                    }

                    if (record.State == AuthorityKeyState.Active)
                    {
                        signers[record.Purpose] = PrivateKeyOf(record, key.PublicKey);
                        if (!isKnown)
                        {
                            // Only that it opens under our master key says that a new one is ours.
                            keys.Add(key);
                        }
                    }
                }
                catch (AuthorityKeyException exception)
                {
                    unreadable.Add(record.Id);
                    if (record.State == AuthorityKeyState.Active)
                    {
                        signingFaults[record.Purpose] = exception;
                    }

                    if (_ring?.Unreadable.Contains(record.Id) != true)
                    {
                        _logger.KeyUnreadable(exception, record.Id, record.Purpose);
                    }
                }
            }

            _ring = new AuthorityKeyRing(keys, signers, signingFaults, unreadable, loadedAt);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>The lines for a client's <c>known_hosts</c> that make it trust our gateways (sshd(8)).</summary>
    /// <param name="hostPatterns">The hosts to trust them for, such as <c>*.ssh.example.com</c> and <c>[127.0.0.1]:2222</c>; other texts throw.</param>
    public IReadOnlyList<string> HostAuthorityLines(IReadOnlyCollection<string> hostPatterns)
    {
        if (hostPatterns.Count == 0 || !hostPatterns.All(p => HostCertificatePolicy.IsHostPattern(string.Concat(p.Split('[', ']')))))
        {
            throw new ArgumentException("host patterns are letters, digits and the characters . - _ : * ? [ ]", nameof(hostPatterns));
        }

        var patterns = string.Join(',', hostPatterns);
        return [.. TrustedHostAuthorities.Select(k => $"@cert-authority {patterns} {k.ToAuthorizedKey()}")];
    }

    /// <summary>
    /// Decides on a user certificate, signs it, checks it and records it, in that order. Throws what the ledger throws
    /// when it cannot record; the certificate is then lost, and its serial with it.
    /// </summary>
    public async Task<SigningOutcome> SignUserCertificateAsync(UserCertificateRequest request, CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        var (statement, refused) = UserCertificatePolicy.Decide(request, _config, now);
        if (refused is null && IsAuthorityKey(statement!.Key))
        {
            refused = new SigningOutcome.Refused(SigningRefusal.AuthorityKey, "The key of an authority is not signed.");
        }

        var serial = NewSerial();
        if (refused is null && Ring.Signers.TryGetValue(AuthorityPurpose.UserCertificates, out var signer))
        {
            statement = statement! with { Serial = (ulong)serial };
            refused = await _revocation.FindAsync(statement, signer.PublicKey, cancellationToken);
        }

        if (refused is not null)
        {
            _logger.UserCertificateRefused(request.UserId, refused.Refusal);
            return refused;
        }

        var certificate = await SignAsync(statement! with { Serial = (ulong)serial }, AuthorityPurpose.UserCertificates, cancellationToken);
        var record = new CertificateRecord(
            serial,
            certificate.KeyId,
            request.UserId,
            request.SessionId,
            request.TokenId,
            certificate.Key.Sha256Fingerprint,
            certificate.SignatureKey.Sha256Fingerprint,
            certificate.Principals,
            DateTimeOffset.FromUnixTimeSeconds((long)certificate.ValidAfter),
            DateTimeOffset.FromUnixTimeSeconds((long)certificate.ValidBefore),
            request.RequestingAddress,
            now);
        try
        {
            await _ledger.RecordAsync(record, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            _logger.UserCertificateNotRecorded(exception, serial, request.UserId);
            throw;
        }

        _logger.UserCertificateIssued(serial, request.UserId, record.KeyFingerprint, record.ValidBefore);
        return new SigningOutcome.Issued(certificate);
    }

    /// <summary>Decides on a gateway's host certificate, signs it and checks it.</summary>
    /// <param name="hostKey">The gateway's key.</param>
    /// <param name="principals">The host names that clients connect to, patterns among them; the first is the key id.</param>
    /// <param name="lifetime">How long it lasts, at most <see cref="AuthorityLimits.MaximumHostLifetime"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<SigningOutcome> SignHostCertificateAsync(
        PublicKey hostKey, IReadOnlyList<string> principals, TimeSpan lifetime, CancellationToken cancellationToken)
    {
        var (statement, refused) = HostCertificatePolicy.Decide(hostKey, principals, lifetime, _time.GetUtcNow());
        if (refused is not null)
        {
            return refused;
        }

        if (IsAuthorityKey(hostKey))
        {
            return new SigningOutcome.Refused(SigningRefusal.AuthorityKey, "The key of an authority is not signed.");
        }

        var serial = NewSerial();
        var certificate = await SignAsync(statement! with { Serial = (ulong)serial }, AuthorityPurpose.HostCertificates, cancellationToken);
        _logger.HostCertificateIssued(serial, certificate.KeyId, certificate.Key.Sha256Fingerprint);
        return new SigningOutcome.Issued(certificate);
    }

    /// <summary>
    /// Makes a new signing key; the old one is trusted until it is retired. Throws <see cref="AuthorityKeyException"/>
    /// when another process rotates at the same moment.
    /// </summary>
    public async Task<AuthorityKey> RotateAsync(AuthorityPurpose purpose, CancellationToken cancellationToken)
    {
        await ReloadAsync(cancellationToken);
        var active = Ring.Keys.FirstOrDefault(k => k.Purpose == purpose && k.State == AuthorityKeyState.Active);
        var id = await TryCreateAsync(purpose, active?.Id, cancellationToken)
            ?? throw new AuthorityKeyException("The key was rotated by another process at the same moment; list the keys before you rotate again.");
        await ReloadAsync(cancellationToken);
        return Ring.Keys.First(k => k.Id == id);
    }

    /// <summary>Ends the trust in a key that signs no more. False when there is no trusted key of that id, or it still signs.</summary>
    public async Task<bool> RetireAsync(Guid keyId, CancellationToken cancellationToken)
    {
        if (!await _store.TryRetireAsync(keyId, cancellationToken))
        {
            return false;
        }

        await LoadAsync(cancellationToken);
        _logger.KeyRetired(keyId);
        return true;
    }

    /// <summary>Clears the private keys from memory.</summary>
    public void Dispose()
    {
        foreach (var key in _privateKeys.Values)
        {
            key.Dispose();
        }

        _gate.Dispose();
        _revocation.Dispose();
        _meter.Dispose();
    }

    private async Task<Certificate> SignAsync(CertificateStatement statement, AuthorityPurpose purpose, CancellationToken cancellationToken)
    {
        if (_time.GetElapsedTime(Ring.LoadedAt) >= AuthorityLimits.KeyRefresh)
        {
            await LoadAsync(cancellationToken);
        }

        if (!Ring.Signers.TryGetValue(purpose, out var signer))
        {
            throw Ring.SigningFaults.TryGetValue(purpose, out var fault)
                ? new AuthorityKeyException(fault.Message, fault)
                : new AuthorityKeyException($"There is no active authority key for {purpose}; run: postern-server init");
        }

        var certificate = new CertificateBuilder(signer, _random).Sign(statement);
        IssuedCertificateCheck.Require(certificate, statement, signer.PublicKey);
        return certificate;
    }

    private async Task<Guid?> TryCreateAsync(AuthorityPurpose purpose, Guid? replacedId, CancellationToken cancellationToken)
    {
        using var key = Ed25519PrivateKey.Generate();
        var id = Guid.NewGuid();
        var record = new AuthorityKeyRecord(
            id, purpose, key.PublicKey.ToAuthorizedKey(), _protection.Protect(id, purpose, key), _time.GetUtcNow(), AuthorityKeyState.Active);
        if (!await _store.TryAddActiveAsync(record, replacedId, cancellationToken))
        {
            return null;
        }

        _logger.KeyCreated(id, purpose, key.PublicKey.Sha256Fingerprint);
        return id;
    }

    private Ed25519PrivateKey PrivateKeyOf(AuthorityKeyRecord record, PublicKey publicKey)
    {
        // What the record says of the public half now counts, not what it said when the key was opened.
        if (!_privateKeys.TryGetValue(record.Id, out var key) || !key.PublicKey.Equals(publicKey))
        {
            key = _protection.Unprotect(record);
            _privateKeys[record.Id] = key;
        }

        return key;
    }

    private bool IsAuthorityKey(PublicKey key) => Ring.Keys.Any(k => k.PublicKey.Equals(key));

    private long NewSerial()
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        long serial;
        do
        {
            _random.GetBytes(bytes);
            serial = BinaryPrimitives.ReadInt64BigEndian(bytes) & long.MaxValue;
        }
        while (serial == 0);

        return serial;
    }
}
