using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Postern.Directory.Apply;
using Postern.Directory.Approvals;
using Postern.Directory.Audit;
using Postern.Directory.Certificates;
using Postern.Directory.Changes;
using Postern.Directory.Devices;
using Postern.Directory.Factors;
using Postern.Directory.Organizations;
using Postern.Directory.People;
using Postern.Directory.Projects;
using Postern.Directory.Routing;
using Postern.Directory.Schema;
using Postern.Directory.SingleSignOn;

namespace Postern.Directory.Storage;

/// <summary>Adds the Directory to a host.</summary>
public static class DirectoryRegistration
{
    /// <summary>
    /// Registers the pooled <see cref="IDbContextFactory{TContext}"/> of <see cref="DirectoryContext"/>, a scoped
    /// context (for Identity), the <see cref="SchemaRunner"/>, the look-ups, the records and the <see cref="ChangeFeed"/>
    /// as a hosted service. <see cref="SecondFactors"/> also needs a
    /// <see cref="FactorProtection"/>, and <see cref="IdentityProviders"/> a <see cref="SsoProtection"/>. The schema is brought up to date by whoever starts the host, before it starts, with
    /// <see cref="SchemaRunner.RunAsync"/>.
    /// </summary>
    /// <exception cref="InvalidOperationException">The options are faulty; the message lists every fault.</exception>
    public static IServiceCollection AddDirectory(this IServiceCollection services, DirectoryOptions options)
    {
        var faults = options.FindFaults();
        if (faults.Count > 0)
        {
            throw new InvalidOperationException(string.Join('\n', faults));
        }

        services.TryAddSingleton(TimeProvider.System);

        // Identity's context reads its schema version from these options: version 3 has the passkeys.
        services.Configure<IdentityOptions>(identity => identity.Stores.SchemaVersion = IdentitySchemaVersions.Version3);
        services.AddPooledDbContextFactory<DirectoryContext>((provider, builder) =>
            Configure(builder, options, provider.GetRequiredService<TimeProvider>()));
        services.TryAddScoped(provider =>
            provider.GetRequiredService<IDbContextFactory<DirectoryContext>>().CreateDbContext());
        services.TryAddSingleton<SchemaRunner>();
        services.TryAddSingleton<ChangeNumber>();
        services.TryAddSingleton<ChangeHistory>();
        services.TryAddSingleton<ReadCache>();
        services.TryAddSingleton<GatewayDirectory>();
        services.TryAddSingleton<CertificateLedger>();
        services.TryAddSingleton<DeviceApprovals>();
        services.TryAddSingleton<SshSignIns>();
        services.TryAddSingleton<SshApprovals>();
        services.TryAddSingleton<IdentityProviders>();
        services.TryAddSingleton<SsoDomains>();
        services.TryAddSingleton<AuditTrail>();
        services.TryAddSingleton<SshKeyRegistry>();
        services.TryAddSingleton<IAccountNotices, NoAccountNotices>();
        services.TryAddSingleton<OrganizationReader>();
        services.TryAddSingleton<Membership>();
        services.TryAddSingleton<ProjectReader>();
        services.TryAddSingleton<ProjectRoles>();
        services.TryAddSingleton<MachineUsers>();
        services.TryAddSingleton<SecondFactors>();
        services.TryAddSingleton<Applier>();
        services.TryAddSingleton<ChangeFeed>();
        services.AddHostedService(provider => provider.GetRequiredService<ChangeFeed>());
        return services;
    }

    /// <summary>Points a context at its database; for tests and tools that make contexts by hand.</summary>
    public static void Configure(DbContextOptionsBuilder builder, DirectoryOptions options, TimeProvider clock)
    {
        if (options.Provider == DirectoryOptions.PostgreSql)
        {
            builder.UseNpgsql(options.ConnectionString);
        }
        else
        {
            builder.UseSqlite(options.ConnectionString).AddInterceptors(new SqliteConnectionSettings());
        }

        builder.AddInterceptors(new ChangeInterceptor(clock));
    }
}
