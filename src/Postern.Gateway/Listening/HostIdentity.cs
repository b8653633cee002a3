using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Postern.Authority;
using Postern.Ssh.Keys;
using Postern.Ssh.Server;

namespace Postern.Gateway.Listening;

/// <summary>
/// What the gateway proves itself with: its own keys and a host certificate for each, which are renewed long before they
/// end, so that nobody is ever asked about a host key.
/// </summary>
public sealed class HostIdentity(
    IReadOnlyList<ISigner> hostKeys,
    IReadOnlyList<string> principals,
    CertificateAuthority authority,
    TimeProvider time,
    ILogger<HostIdentity> logger) : BackgroundService
{
    /// <summary>Life of a host certificate: a gateway that cannot reach the Authority goes on for a month.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(30);

    /// <summary>How often it is renewed, which also takes up a rotated authority.</summary>
    public static readonly TimeSpan RenewalInterval = TimeSpan.FromHours(12);

    private volatile IReadOnlyList<HostKey>? _current;

    /// <summary>The keys with their newest certificates, best first; another list after each renewal.</summary>
    public IReadOnlyList<HostKey> Current => _current ?? throw new InvalidOperationException("the host keys have no certificates yet");

    /// <summary>Has new certificates signed, and uses them for new connections once all are there.</summary>
    public async Task RenewAsync(CancellationToken cancellationToken)
    {
        var renewed = new List<HostKey>();
        foreach (var key in hostKeys)
        {
            var outcome = await authority.SignHostCertificateAsync(key.PublicKey, principals, Lifetime, cancellationToken);
            renewed.Add(outcome switch
            {
                SigningOutcome.Issued issued => new HostKey(key, issued.Certificate),
                SigningOutcome.Refused refused => throw new AuthorityKeyException($"The host certificate was not signed: {refused.Message}"),
                _ => throw new InvalidOperationException("unknown outcome"),
            });
        }

        _current = renewed;
    }

    /// <summary>
    /// Renews when another authority signs now: after a rotation, clients soon trust nothing but its key. A failure is
    /// logged, and the present certificate stays.
    /// </summary>
    public async Task RenewIfRotatedAsync(CancellationToken cancellationToken)
    {
        if (authority.TrustedHostAuthorities is not [var active, ..] || _current?.All(key => active.Equals(key.Certificate?.SignatureKey)) == true)
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
