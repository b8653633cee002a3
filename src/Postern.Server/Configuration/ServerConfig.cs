using System.Collections;
using System.Net;
using System.Net.Sockets;
using Postern.Gateway.Listening;
using Postern.Gateway.SignIn;
using Postern.Login.Mail;
using Postern.Ssh.Transport;

namespace Postern.Server.Configuration;

/// <summary>The whole configuration of a server: typed, checked and immutable.</summary>
public sealed record ServerConfig
{
    /// <summary>Absolute path of the folder that holds everything a server keeps on disk.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Which parts this process runs: <c>all</c>, <c>control</c> (HTTP) or <c>gateway</c> (SSH).</summary>
    public required string Roles { get; init; }

    /// <summary>Product name of the deployment as people see it.</summary>
    public required string Name { get; init; }

    /// <summary>Base domain, such as <c>postern.test</c>.</summary>
    public required string Domain { get; init; }

    /// <summary>Region, the second part of host names.</summary>
    public required string Region { get; init; }

    /// <summary>Domain part of the names of our certificate extensions.</summary>
    public required string ExtensionDomain { get; init; }

    /// <summary>Where HTTP listens.</summary>
    public required IReadOnlyList<IPEndPoint> HttpListen { get; init; }

    /// <summary>Where metrics are to be had; without an address, at those of HTTP and for this machine only.</summary>
    public required IReadOnlyList<IPEndPoint> MetricsListen { get; init; }

    /// <summary>The URL by which browsers and the CLI reach the HTTP side.</summary>
    public required Uri PublicUrl { get; init; }

    /// <summary>Reverse proxies whose X-Forwarded-For and X-Forwarded-Proto are believed; loopback only when none is named.</summary>
    public required IReadOnlyList<IPAddress> TrustedProxies { get; init; }

    /// <summary>Where SSH listens.</summary>
    public required IReadOnlyList<IPEndPoint> SshListen { get; init; }

    /// <summary>Lines for the ssh configuration of people's machines, such as <c>Port 2222</c>.</summary>
    public required IReadOnlyList<string> SshClientOptions { get; init; }

    /// <summary>Names and addresses that the host certificate vouches for.</summary>
    public required IReadOnlyList<string> HostPrincipals { get; init; }

    /// <summary>Most connections that may be open at once.</summary>
    public required int MaximumConnections { get; init; }

    /// <summary>Most connections of one address that may be open at once.</summary>
    public required int MaximumConnectionsPerAddress { get; init; }

    /// <summary>Most connections of one person that may be open at once.</summary>
    public required int MaximumConnectionsPerUser { get; init; }

    /// <summary>How many connections may be waiting to authenticate at once.</summary>
    public required StartupRange Startups { get; init; }

    /// <summary>Most of those from one address.</summary>
    public required int MaximumStartupsPerAddress { get; init; }

    /// <summary>Most memory in MiB that all connections together may take for what waits.</summary>
    public required int MemoryLimit { get; init; }

    /// <summary>How long addresses are kept out that failed.</summary>
    public required PenaltyLimits Penalties { get; init; }

    /// <summary>Networks of load balancers that speak the PROXY protocol.</summary>
    public required IReadOnlyList<IPNetwork> ProxyTrusted { get; init; }

    /// <summary>How long a connection may take to authenticate.</summary>
    public required TimeSpan LoginGrace { get; init; }

    /// <summary>Connections that wait for a person to sign in with a browser.</summary>
    public required SignInLimits SignIn { get; init; }

    /// <summary>How long a second factor that was typed inside ssh is remembered.</summary>
    public required TimeSpan ApprovalLifetime { get; init; }

    /// <summary>Time between two questions whether a client is still there.</summary>
    public required TimeSpan KeepAliveInterval { get; init; }

    /// <summary>How many of them in a row may stay unanswered.</summary>
    public required int KeepAliveCount { get; init; }

    /// <summary>File with the operator's revocation list, or null for none.</summary>
    public required string? RevokedKeysFile { get; init; }

    /// <summary>The SSH algorithms that are offered, best first.</summary>
    public required AlgorithmCatalogue Algorithms { get; init; }

    /// <summary>sqlite or postgresql.</summary>
    public required string DatabaseProvider { get; init; }

    /// <summary>ADO.NET connection string.</summary>
    public required string DatabaseConnectionString { get; init; }

    /// <summary>File that holds the key under which all other keys are encrypted.</summary>
    public required string MasterKeyFile { get; init; }

    /// <summary>Life of a user certificate.</summary>
    public required TimeSpan CertificateLifetime { get; init; }

    /// <summary>Life of an access token.</summary>
    public required TimeSpan AccessTokenLifetime { get; init; }

    /// <summary>How long a key signs access tokens.</summary>
    public required TimeSpan SigningKeyLifetime { get; init; }

    /// <summary>File with the secret of resource servers that introspect tokens, or null.</summary>
    public required string? IntrospectionSecretFile { get; init; }

    /// <summary>How long a device waits to be allowed.</summary>
    public required TimeSpan DeviceCodeLifetime { get; init; }

    /// <summary>How long a session may be unused.</summary>
    public required TimeSpan SessionIdleLimit { get; init; }

    /// <summary>How long a session may last in all.</summary>
    public required TimeSpan SessionAbsoluteLimit { get; init; }

    /// <summary>How long an invitation can be accepted.</summary>
    public required TimeSpan InvitationLifetime { get; init; }

    /// <summary>Sign-in at other providers.</summary>
    public required SsoSettings Sso { get; init; }

    /// <summary>File of leaked passwords, or null for none.</summary>
    public required string? BreachedPasswordsFile { get; init; }

    /// <summary>The mail server, or null when there is none.</summary>
    public required MailOptions? Mail { get; init; }

    /// <summary>Folder into which mails are written when there is no mail server.</summary>
    public string OutboxDirectory => Path.Combine(DataDirectory, "outbox");

    /// <summary>Host name of the SSH gateway.</summary>
    public string SshHost => $"ssh.{Region}.{Domain}";

    /// <summary>Host name of the Git gateway.</summary>
    public string GitHost => $"git.{Region}.{Domain}";

    /// <summary>Whether this process serves HTTP.</summary>
    public bool IsControl => Roles is "all" or "control";

    /// <summary>Whether this process serves SSH.</summary>
    public bool IsGateway => Roles is "all" or "gateway";

    /// <summary>
    /// Reads the file (or, without one, only defaults and environment) and checks all of it. Throws
    /// <see cref="ConfigurationException"/> with every fault.
    /// </summary>
    public static ServerConfig Load(string? file, IDictionary environment)
    {
        var (values, faults) = file is null ? (new Dictionary<string, string>(), []) : SettingsFile.Read(file);
        var settings = new SettingsReader(values, environment, faults);
        var config = Read(settings);
        settings.RequireNoFaults(file ?? "defaults and environment");
        return config;
    }

    /// <summary>Reads every setting; the order is the order of docs/configuration.md.</summary>
    internal static ServerConfig Read(SettingsReader settings)
    {
        var data = settings.FilePath("data_directory", "/var/lib/postern");
        var domain = settings.Text("deployment.domain", "postern.test");
        var region = settings.Text("deployment.region", "local");
        RequireHostName(settings, "deployment.domain", domain);
        RequireHostName(settings, "deployment.region", region);
        var clientHost = settings.Text("ssh.client_host", "127.0.0.1");
        var clientPort = settings.Number("ssh.client_port", 2222, 1, ushort.MaxValue);
        var provider = settings.Choice("database.provider", "sqlite", "sqlite", "postgresql");
        var connection = settings.Text("database.connection_string", "");
        if (provider == "postgresql" && connection.Length == 0)
        {
            settings.Fault("database.connection_string", "is needed for postgresql, such as Host=db;Database=postern;Username=postern");
        }

        var accessTokenLifetime = settings.Duration("login.access_token_lifetime", TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(1), TimeSpan.FromHours(1));
        var config = new ServerConfig
        {
            DataDirectory = data,
            Roles = settings.Choice("roles", "all", "all", "control", "gateway"),
            Name = settings.Text("deployment.name", "Postern"),
            Domain = domain,
            Region = region,
            ExtensionDomain = settings.Text("deployment.extension_domain", domain),
            HttpListen = settings.EndPoints("http.listen", "127.0.0.1:8080"),
            MetricsListen = settings.EndPoints("http.metrics_listen", ""),
            PublicUrl = settings.Url("http.public_url", new Uri("http://127.0.0.1:8080")),
            TrustedProxies = settings.Addresses("http.trusted_proxies"),
            SshListen = settings.EndPoints("ssh.listen", "127.0.0.1:2222"),
            SshClientOptions = ClientOptions(clientHost, clientPort),
            HostPrincipals = Principals(clientHost, region, domain, settings.Lines("ssh.host_principals")),
            MaximumConnections = settings.Number("ssh.max_connections", 15_000, 1, 1_000_000),
            MaximumConnectionsPerAddress = settings.Number("ssh.max_connections_per_address", 3_000, 1, 1_000_000),
            MaximumConnectionsPerUser = settings.Number("ssh.max_connections_per_user", 500, 1, 1_000_000),
            Startups = settings.Value("ssh.max_startups", StartupRange.Default, StartupRange.TryParse, $"{StartupRange.Default}", $"start:rate:full, such as {StartupRange.Default}, with rate in percent and full at most {StartupRange.Maximum}"),
            MaximumStartupsPerAddress = settings.Number("ssh.max_startups_per_address", 50, 1, 100_000),
            MemoryLimit = settings.Number("ssh.memory_limit", 512, 16, 1024 * 1024),
            Penalties = ReadPenalties(settings),
            ProxyTrusted = settings.Networks("ssh.proxy_trusted", ""),
            RevokedKeysFile = settings.FilePath("ssh.revoked_keys", "") is { Length: > 0 } revoked ? revoked : null,
            LoginGrace = settings.Duration("ssh.login_grace", TimeSpan.FromMinutes(2), TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)),
            Algorithms = ReadAlgorithms(settings),
            SignIn = new SignInLimits
            {
                IsEnabled = settings.Flag("ssh.sign_in", true),
                Wait = settings.Duration("ssh.sign_in_wait", TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(9)),
                Maximum = settings.Number("ssh.max_sign_ins", 100, 1, 10_000),
                MaximumPerAddress = settings.Number("ssh.max_sign_ins_per_address", 10, 1, 10_000),
            },
            ApprovalLifetime = settings.Duration("ssh.approval_lifetime", TimeSpan.FromHours(8), TimeSpan.FromMinutes(1), TimeSpan.FromDays(7)),
            KeepAliveInterval = settings.Duration("ssh.keepalive_interval", TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(5), TimeSpan.FromHours(1)),
            KeepAliveCount = settings.Number("ssh.keepalive_count", 5, 1, 100),
            DatabaseProvider = provider,
            DatabaseConnectionString = connection.Length > 0 ? connection : $"Data Source={Path.Combine(data, "postern.db")}",
            MasterKeyFile = settings.FilePath("authority.master_key_file", Path.Combine(data, "master.key")),
            CertificateLifetime = settings.Duration("authority.certificate_lifetime", TimeSpan.FromHours(1), TimeSpan.FromMinutes(5), TimeSpan.FromHours(24)),
            AccessTokenLifetime = accessTokenLifetime,
            Sso = SsoSettings.Read(settings, accessTokenLifetime),
            SigningKeyLifetime = settings.Duration("login.signing_key_lifetime", TimeSpan.FromDays(30), TimeSpan.FromHours(1), TimeSpan.FromDays(365)),
            IntrospectionSecretFile = settings.FilePath("login.introspection_secret_file", "") is { Length: > 0 } secret ? secret : null,
            DeviceCodeLifetime = settings.Duration("login.device_code_lifetime", TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(1), TimeSpan.FromHours(1)),
            SessionIdleLimit = settings.Duration("login.session_idle_limit", TimeSpan.FromDays(7), TimeSpan.FromMinutes(15), TimeSpan.FromDays(365)),
            SessionAbsoluteLimit = settings.Duration("login.session_absolute_limit", TimeSpan.FromDays(30), TimeSpan.FromMinutes(15), TimeSpan.FromDays(365)),
            InvitationLifetime = settings.Duration("login.invitation_lifetime", TimeSpan.FromDays(7), TimeSpan.FromHours(1), TimeSpan.FromDays(90)),
            BreachedPasswordsFile = AccountSettings.ReadBreachedPasswordsFile(settings),
            Mail = AccountSettings.ReadMail(settings),
        };
        if (config.SessionIdleLimit > config.SessionAbsoluteLimit)
        {
            settings.Fault("login.session_idle_limit", "is longer than login.session_absolute_limit");
        }

        if (config.PublicUrl.Scheme == "http" && !IsLoopback(config.PublicUrl))
        {
            settings.Fault("http.public_url", "must be https unless it is this machine's own address");
        }

        return config;
    }

    private static PenaltyLimits ReadPenalties(SettingsReader settings)
    {
        var defaults = new PenaltyLimits();
        var limits = new PenaltyLimits
        {
            IsEnabled = settings.Flag("ssh.penalties", defaults.IsEnabled),
            Exempt = settings.Networks("ssh.penalty_exempt", string.Join(' ', defaults.Exempt)),
            Minimum = settings.Duration("ssh.penalty_min", defaults.Minimum, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
            Maximum = settings.Duration("ssh.penalty_max", defaults.Maximum, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
        };
        if (limits.Minimum > limits.Maximum)
        {
            settings.Fault("ssh.penalty_min", "is longer than ssh.penalty_max");
        }

        return limits;
    }

    private static AlgorithmCatalogue ReadAlgorithms(SettingsReader settings)
    {
        IReadOnlyList<string> Of(string key, AlgorithmKind kind) => settings.Words(
            "ssh.algorithms." + key, AlgorithmCatalogue.Default.Of(kind), names => AlgorithmCatalogue.FaultsOf(kind, names));
        return new AlgorithmCatalogue(
            Of("key_exchange", AlgorithmKind.KeyExchange),
            Of("ciphers", AlgorithmKind.Cipher),
            Of("macs", AlgorithmKind.Mac),
            Of("host_keys", AlgorithmKind.HostKey),
            Of("user_signatures", AlgorithmKind.UserSignature));
    }

    // "dns" leaves the host name to DNS, which is how a deployment with real names works.
    private static IReadOnlyList<string> ClientOptions(string host, int port)
    {
        var options = new List<string>();
        if (host != "dns")
        {
            options.Add($"HostName {host}");
        }

        if (port != 22)
        {
            options.Add($"Port {port}");
        }

        return options;
    }

    private static IReadOnlyList<string> Principals(string clientHost, string region, string domain, IReadOnlyList<string> more)
    {
        var names = new List<string> { $"ssh.{region}.{domain}", $"git.{region}.{domain}" };
        if (clientHost != "dns")
        {
            names.Add(clientHost);
        }

        return [.. names, .. more];
    }

    private static void RequireHostName(SettingsReader settings, string key, string value)
    {
        if (Uri.CheckHostName(value) != UriHostNameType.Dns || value.Any(char.IsAsciiLetterUpper))
        {
            settings.Fault(key, $"'{value}' is not a lower-case host name");
        }
    }

    private static bool IsLoopback(Uri url) => url.IsLoopback
        || (IPAddress.TryParse(url.Host, out var address) && address.AddressFamily == AddressFamily.InterNetwork && IPAddress.IsLoopback(address));
}
