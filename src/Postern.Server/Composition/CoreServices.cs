using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
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
            new AuthorityConfig
            {
                ExtensionDomain = config.ExtensionDomain,
                UserCertificateLifetime = config.CertificateLifetime,
                RevokedKeysFile = config.RevokedKeysFile,
            },
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
        var config = services.GetRequiredService<ServerConfig>();
        MakeDataDirectory(config);
        MakeDatabaseFile(config);
        await services.GetRequiredService<SchemaRunner>().RunAsync(cancellationToken);
        await services.GetRequiredService<CertificateAuthority>().InitializeAsync(cancellationToken);
    }

    /// <summary>Makes the data directory, its owner's alone, when it is not there.</summary>
    public static void MakeDataDirectory(ServerConfig config) => System.IO.Directory.CreateDirectory(
        config.DataDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

    // SQLite would give a new file the mode that everybody may read; its -wal and -shm files take the database's mode.
    private static void MakeDatabaseFile(ServerConfig config)
    {
        if (config.DatabaseProvider != DirectoryOptions.Sqlite)
        {
            return;
        }

        var path = new SqliteConnectionStringBuilder(config.DatabaseConnectionString).DataSource;
        if (!File.Exists(path))
        {
            using var file = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.ReadWrite,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
        }
    }

    /// <summary>The settings of the Login room.</summary>
    public static LoginOptions LoginOptionsOf(ServerConfig config) => new()
    {
        Issuer = config.PublicUrl.GetLeftPart(UriPartial.Authority),
        DeploymentName = config.Name,
        AccessTokenLifetime = config.AccessTokenLifetime,
        CertificateLifetime = config.CertificateLifetime,
        SigningKeyLifetime = config.SigningKeyLifetime,
        IntrospectionSecretFile = config.IntrospectionSecretFile,
        DeviceCodeLifetime = config.DeviceCodeLifetime,
        SessionIdleLimit = config.SessionIdleLimit,
        SessionAbsoluteLimit = config.SessionAbsoluteLimit,
        InvitationLifetime = config.InvitationLifetime,
        SsoInternalHosts = config.Sso.InternalHosts,
        SsoReauthentication = config.Sso.Reauthentication,
        SsoOutageGrace = config.Sso.OutageGrace,
        BreachedPasswordsFile = config.BreachedPasswordsFile,
        Mail = config.Mail,
        OutboxDirectory = config.OutboxDirectory,
    };
}
