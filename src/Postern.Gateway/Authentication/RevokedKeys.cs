using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Postern.Authority;
using Postern.Gateway.Connections;
using Postern.Gateway.Refusals;
using Postern.Ssh.Keys;
using Postern.Ssh.Server;

namespace Postern.Gateway.Authentication;

/// <summary>
/// The operator's revocation list: read at the start and again when its file changes. While the file cannot be used
/// nobody new gets in, because it may revoke anybody; who is in already is judged by the last list that could be read.
/// </summary>
public sealed class RevokedKeys(GatewayConfig config, LiveConnections live, TimeProvider time, ILogger<RevokedKeys> logger)
    : BackgroundService
{
    /// <summary>How often the file is looked at: with the recheck of all connections, well within five seconds.</summary>
    public static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(2);

    private static readonly Refusal Revoked = new(
        RefusalCode.KeyRevoked, "Use another key, or run: postern ssh-cert:load --new; if that is refused too, ask the operator of this server");

    private static readonly Refusal Unknown = new(RefusalCode.RevocationUnknown, "Try again later, and tell the operator of this server");

    // What newcomers are judged by, and null while there is nothing to judge by; and what the others are.
    private volatile RevocationList? _current = config.RevokedKeysFile is null ? RevocationList.Empty : null;
    private volatile RevocationList _lastGood = RevocationList.Empty;

    // The check's own.
    private readonly RevokedKeysReader? _reader = config.RevokedKeysFile is { } path ? new RevokedKeysReader(path, time) : null;
    private RevokedKeysFile? _seen;
    private string? _fault;

    /// <summary>Why a newcomer with a proved key or certificate may not be let in, or null.</summary>
    public Refusal? RefuseNewcomer(PublicKeyAttempt attempt)
    {
        if (_current is not { } list)
        {
            return Unknown;
        }

        var found = attempt.Certificate is { } certificate ? list.Find(certificate) : list.Find(attempt.Key);
        return found == Revocation.None ? null : Revoked;
    }

    /// <summary>Why somebody who is in may not stay, or null.</summary>
    public Refusal? RefuseToStay(Proof proof)
    {
        if (proof.Key is not { } key)
        {
            return null;
        }

        var found = proof.Certificate is { } certificate
            ? _lastGood.Find(key, certificate.Authority, (ulong)certificate.Serial, certificate.KeyId)
            : _lastGood.Find(key);
        return found == Revocation.None ? null : Revoked;
    }

    /// <summary>Looks at the file once, and asks for all connections again when the list is another one.</summary>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        if (config.RevokedKeysFile is not { } path)
        {
            return;
        }

        try
        {
            var file = await _reader!.ReadAsync(_seen, cancellationToken);
            Take(path, file);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            Fail(path, exception is TimeoutException ? "it cannot be read in time" : exception.Message);
        }
    }

    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await CheckAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (config.RevokedKeysFile is null)
        {
            return;
        }

        using var timer = new PeriodicTimer(CheckInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await CheckAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    private void Take(string path, RevokedKeysFile file)
    {
        if (ReferenceEquals(file, _seen))
        {
            return;
        }

        _seen = file;
        _fault = null;
        _current = _lastGood = file.List;
        logger.RevocationListRead(path, file.List.Version);
        live.WantRecheck();
    }

    private void Fail(string path, string fault)
    {
        _current = null;
        _seen = null;
        if (_fault != fault)
        {
            _fault = fault;
            logger.RevocationListUnusable(path, fault);
        }
    }
}
