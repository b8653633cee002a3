using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Postern.Authority;
using Postern.Gateway.Authentication;
using Postern.Gateway.Connections;
using Postern.Gateway.Listening;
using Postern.Gateway.Routing;
using Postern.Gateway.SignIn;
using Postern.Ssh.Keys;
using Postern.Ssh.Server;
using Postern.Ssh.Transport;

namespace Postern.Gateway;

/// <summary>Registers this room. Needs the Directory with its change feed, the Authority and a target.</summary>
public static class GatewayServices
{
    /// <summary>Adds the gateway, which begins to listen when the host starts.</summary>
    /// <param name="services">Where to.</param>
    /// <param name="config">What it needs to run.</param>
    /// <param name="hostKeys">The gateway's own keys, best first.</param>
    /// <param name="hostPrincipals">The names that clients reach it by.</param>
    public static IServiceCollection AddPosternGateway(
        this IServiceCollection services, GatewayConfig config, IReadOnlyList<ISigner> hostKeys, IReadOnlyList<string> hostPrincipals)
    {
        services.AddSingleton(config);
        services.AddSingleton<RevokedKeys>();
        services.AddSingleton<Identifier>();
        services.AddSingleton<GrantDecider>();
        services.AddSingleton<LiveConnections>();
        services.AddSingleton<UserConnections>();
        services.AddSingleton<GatewayMetrics>();
        services.AddSingleton(new MemoryBudget(config.MemoryLimit));
        services.AddSingleton<EngineMetrics>();
        services.AddSingleton(provider => new Admission(
            config,
            provider.GetRequiredService<TimeProvider>(),
            SystemRandomSource.Instance,
            provider.GetRequiredService<GatewayMetrics>(),
            provider.GetRequiredService<ILogger<Admission>>()));
        services.AddSingleton<GatewayConnectionFactory>();
        services.AddSingleton<Entrance>();
        services.AddSingleton<SecondFactor>();
        services.AddSingleton<SignInDesk>();
        services.AddSingleton<GatewayAuthenticator>();
        services.AddSingleton(provider => new HostIdentity(
            hostKeys,
            hostPrincipals,
            provider.GetRequiredService<CertificateAuthority>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<HostIdentity>>()));

        // In this order: the revocation list is read and the certificate is there before the first connection, and the watch before the first grant.
        services.AddHostedService(provider => provider.GetRequiredService<RevokedKeys>());
        services.AddHostedService(provider => provider.GetRequiredService<HostIdentity>());
        services.AddHostedService<GrantWatch>();
        services.AddHostedService<SshListener>();
        return services;
    }
}
