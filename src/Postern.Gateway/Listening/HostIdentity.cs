using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Postern.Authority;
using Postern.Ssh.Keys;
using Postern.Ssh.Server;

namespace Postern.Gateway.Listening;

/// <summary>
/// What the gateway proves itself with: its own key and a host certificate for it, which is renewed long before it ends,
/// so that nobody is ever asked about a host key.
/// </summary>
public sealed class HostIdentity(
    ISigner hostKey,
    IReadOnlyList<string> principals,
    CertificateAuthority authority,
    TimeProvider time,
    ILogger<HostIdentity> logger) : BackgroundService
{
    /// <summary>Life of a host certificate: a gateway that cannot reach the Authority goes on for a month.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(30);

    /// <summary>How often it is renewed, which also takes up a rotated authority.</summary>
    public static readonly TimeSpan RenewalInterval = TimeSpan.FromHours(12);

    private volatile HostKey? _current;

    /// <summary>The key with its newest certificate.</summary>
    public HostKey Current => _current ?? throw new InvalidOperationException("the host key has no certificate yet");

    /// <summary>Has a new certificate signed and uses it for new connections.</summary>
    public async Task RenewAsync(CancellationToken cancellationToken)
    {
        var outcome = await authority.SignHostCertificateAsync(hostKey.PublicKey, principals, Lifetime, cancellationToken);
        _current = outcome switch
        {
            SigningOutcome.Issued issued => new HostKey(hostKey, issued.Certificate),
            SigningOutcome.Refused refused => throw new AuthorityKeyException($"The host certificate was not signed: {refused.Message}"),
            _ => throw new InvalidOperationException("unknown outcome"),
        };
    }

    /// <summary>
    /// Renews when another authority signs now: after a rotation, clients soon trust nothing but its key. A failure is
    /// logged, and the present certificate stays.
    /// </summary>
    public async Task RenewIfRotatedAsync(CancellationToken cancellationToken)
    {
        if (authority.TrustedHostAuthorities is not [var active, ..] || active.Equals(_current?.Certificate?.SignatureKey))
        {
            return;
        }

        try
        {
            await RenewAsync(cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            logger.HostCertificateNotRenewed(exception);
        }
    }

    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await RenewAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(RenewalInterval, time);
        while (await WaitAsync(timer, stoppingToken))
        {
            try
            {
                await RenewAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                logger.HostCertificateNotRenewed(exception);
            }
        }
    }

    private static async Task<bool> WaitAsync(PeriodicTimer timer, CancellationToken stoppingToken)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stoppingToken);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
