using System.Security.Cryptography;
using Postern.Authority;
using Postern.Directory.Schema;
using Postern.Directory.Storage;
using Postern.Login;
using Postern.Server.Configuration;

namespace Postern.Server.Composition;

/// <summary>What every command needs: the Directory, the Authority and the accounts.</summary>
internal static class CoreServices
{
    /// <summary>Registers them for a configuration.</summary>
    public static void AddCore(this IServiceCollection services, ServerConfig config)
    {
        services.AddSingleton(config);
        services.AddSingleton(TimeProvider.System);
        services.AddDirectory(new DirectoryOptions
        {
            Provider = config.DatabaseProvider,
            ConnectionString = config.DatabaseConnectionString,
        });
        services.AddPosternAccounts(LoginOptionsOf(config));
        services.AddSingleton(_ => MasterKey.OpenOrCreate(config.MasterKeyFile));
        services.AddSingleton<IAuthorityKeyStore, AuthorityKeyStore>();
        services.AddSingleton<ICertificateLedger, AuthorityLedger>();
        services.AddSingleton(provider => new CertificateAuthority(
            provider.GetRequiredService<IAuthorityKeyStore>(),
            provider.GetRequiredService<ICertificateLedger>(),
            provider.GetRequiredService<MasterKey>(),
            new AuthorityConfig { ExtensionDomain = config.ExtensionDomain, UserCertificateLifetime = config.CertificateLifetime },
            provider.GetRequiredService<TimeProvider>(),
            RandomNumberGenerator.Create(),
            provider.GetRequiredService<ILogger<CertificateAuthority>>()));
    }

    /// <summary>
    /// Makes the data directory, brings the schema up to date and loads or makes the authority's keys. Safe to run at
    /// every start and in several processes.
    /// </summary>
    public static async Task PrepareAsync(this IServiceProvider services, CancellationToken cancellationToken)
    {
        MakeDataDirectory(services.GetRequiredService<ServerConfig>());
        await services.GetRequiredService<SchemaRunner>().RunAsync(cancellationToken);
        await services.GetRequiredService<CertificateAuthority>().InitializeAsync(cancellationToken);
    }

    /// <summary>Makes the data directory, its owner's alone, when it is not there.</summary>
    public static void MakeDataDirectory(ServerConfig config) => System.IO.Directory.CreateDirectory(
        config.DataDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

    /// <summary>The settings of the Login room.</summary>
    public static LoginOptions LoginOptionsOf(ServerConfig config) => new()
    {
        Issuer = config.PublicUrl.GetLeftPart(UriPartial.Authority),
        DeploymentName = config.Name,
        AccessTokenLifetime = config.AccessTokenLifetime,
        CertificateLifetime = config.CertificateLifetime,
        SessionIdleLimit = config.SessionIdleLimit,
        SessionAbsoluteLimit = config.SessionAbsoluteLimit,
    };
}
