using System.Globalization;
using Postern.Cli.Files;
using Postern.Cli.Hosting;

namespace Postern.Cli.Configuration;

/// <summary>
/// Puts the layers on one another: built-in, the remembered server, the file named by CLI_CONFIG_FILE,
/// <c>~/.postern/config.yaml</c>, the environment. All faults are reported at once.
/// </summary>
internal sealed class ConfigurationLoader
{
    private const int DefaultTimeoutSeconds = 30;
    private const int DefaultKeyLifetimeSeconds = 86400;
    private readonly List<string> _faults = [];
    private readonly List<ConfigurationLayer> _layers = [];

    /// <summary>Loads the settings and finds the user's directory.</summary>
    /// <param name="host">The world.</param>
    /// <param name="server">A server just fetched, instead of the remembered one.</param>
    public static (VendorConfig Config, UserDirectory Directory, RememberedServer? Server) Load(CliHost host, RememberedServer? server = null)
    {
        var loader = new ConfigurationLoader();
        var loaded = loader.LoadLayers(host, server);
        var config = loader.Build();
        if (loader._faults.Count > 0)
        {
            throw CliException.Configuration("The configuration has faults:\n" + string.Join('\n', loader._faults.Select(f => "- " + f)));
        }

        return config.WritableUserDirectory is { } writable
            ? (config, new UserDirectory(loaded.Directory.Home, Path.GetFullPath(writable, loaded.Directory.Home)), loaded.Server)
            : (config, loaded.Directory, loaded.Server);
    }

    private (UserDirectory Directory, RememberedServer? Server) LoadLayers(CliHost host, RememberedServer? server)
    {
        _layers.Add(BuiltIn());
        ConfigurationLayer? vendor = null;
        if (host.Variable("CLI_CONFIG_FILE") is { } file)
        {
            var path = Path.GetFullPath(file, host.CurrentDirectory);
            vendor = YamlLayer.ReadFile(path, _faults);
            if (vendor is null)
            {
                _faults.Add($"CLI_CONFIG_FILE: there is no file {path}");
            }
            else
            {
                _layers.Add(vendor);
            }
        }

        // These two decide where the other layers are, so they come from the first two only.
        var prefix = Scalar("application.env_prefix") ?? "";
        var directory = UserDirectory.Locate(host, prefix, Scalar("application.user_config_dir") ?? "");
        server ??= ServerLayer.Load(directory, _faults);
        if (server is not null)
        {
            _layers.Insert(1, ServerLayer.ToLayer(server, _faults));
        }

        if (YamlLayer.ReadFile(directory.ConfigurationFile, _faults) is { } user)
        {
            _layers.Add(user);
        }

        _layers.Add(EnvironmentLayer.Read(host.Environment, prefix));
        return (directory, server);
    }

    private static ConfigurationLayer BuiltIn()
    {
        var layer = new ConfigurationLayer("the built-in defaults");
        layer.Set("application.name", "Postern CLI");
        layer.Set("application.slug", "postern-cli");
        layer.Set("application.executable", "postern");
        layer.Set("application.env_prefix", "POSTERN_");
        layer.Set("application.user_config_dir", ".postern");
        layer.Set("application.login_method", "browser");
        layer.Set("service.name", "Postern");
        layer.Set("service.env_prefix", "PLATFORM_");
        layer.Set("service.project_config_dir", ".postern");
        layer.Set("api.oauth2_client_id", "postern-cli");
        layer.Set("detection.git_remote_name", "postern");
        layer.Set("detection.cluster_header", "X-Platform-Cluster");
        return layer;
    }

    private VendorConfig Build()
    {
        var authUrl = Url("api.auth_url");
        return new VendorConfig
        {
            ApplicationName = Required("application.name"),
            Slug = Required("application.slug"),
            Executable = Required("application.executable"),
            EnvironmentPrefix = Required("application.env_prefix"),
            UserConfigDirectory = Required("application.user_config_dir"),
            WritableUserDirectory = Scalar("application.writable_user_dir"),
            IsBrowserLogin = LoginMethod(),
            ServiceName = Required("service.name"),
            ServiceEnvironmentPrefix = Required("service.env_prefix"),
            ProjectConfigDirectory = Required("service.project_config_dir"),
            ConsoleUrl = Url("service.console_url"),
            BaseUrl = Url("api.base_url"),
            AuthUrl = authUrl,
            CertifierUrl = Url("api.certifier_url") ?? authUrl,
            ClientId = Required("api.oauth2_client_id"),
            AuthorizeUrl = Url("api.oauth2_auth_url") ?? Under(authUrl, "/oauth2/authorize"),
            TokenUrl = Url("api.oauth2_token_url") ?? Under(authUrl, "/oauth2/token"),
            RevokeUrl = Url("api.oauth2_revoke_url") ?? Under(authUrl, "/oauth2/revoke"),
            DeviceAuthorizationUrl = Url("api.oauth2_device_authorization_url") ?? Under(authUrl, "/oauth2/device_authorization"),
            VendorFilter = Scalar("api.vendor_filter"),
            ApiToken = Scalar("api.token"),
            ApiTokenFile = Scalar("api.token_file"),
            AccessToken = Scalar("api.access_token"),
            SessionId = SessionId(),
            Timeout = TimeSpan.FromSeconds(Number("api.default_timeout", DefaultTimeoutSeconds, 1, 3600)),
            SkipTls = Switch("api.skip_ssl") ?? false,
            IsDebug = Switch("api.debug") ?? false,
            DisableLocks = Switch("api.disable_locks") ?? false,
            UserAgent = Scalar("api.user_agent"),
            DomainWildcards = List("ssh.domain_wildcards", IsHostPattern, "a host pattern such as *.example.com"),
            HostKeys = List("ssh.host_keys", IsOneLine, "one known_hosts line"),
            HostKeysFile = Scalar("ssh.host_keys_file"),
            SshOptions = List("ssh.options", IsOneLine, "one ssh_config line"),
            WriteUserSshConfig = Switch("ssh.write_user_config"),
            AutoLoadCertificate = Switch("ssh.auto_load_cert") ?? true,
            AddToAgent = Switch("ssh.add_to_agent") ?? false,
            KeyLifetime = TimeSpan.FromSeconds(Number("ssh.cert_key_ttl", DefaultKeyLifetimeSeconds, -1, int.MaxValue)),
            GitRemoteName = Required("detection.git_remote_name"),
            GitDomain = Scalar("detection.git_domain"),
            SiteDomains = List("detection.site_domains", IsOneLine, "a domain"),
            ClusterHeader = Required("detection.cluster_header"),
        };
    }

    private ConfigurationValue? Find(string key) =>
        _layers.AsEnumerable().Reverse().Select(l => l.Values.GetValueOrDefault(key)).FirstOrDefault(v => v is not null);

    private void Fault(ConfigurationValue value, string key, string expected) =>
        _faults.Add($"{value.Place}: {key}: expected {expected}, found {(value.List is null ? $"'{value.Scalar}'" : "a list")}");

    private string? Scalar(string key)
    {
        var value = Find(key);
        if (value?.List is null)
        {
            return string.IsNullOrEmpty(value?.Scalar) ? null : value.Scalar;
        }

        Fault(value, key, "one value");
        return null;
    }

    private string Required(string key)
    {
        var text = Scalar(key);
        if (text is null && Find(key) is { List: null } value)
        {
            Fault(value, key, "a text");
        }

        return text ?? "";
    }

    private string? Url(string key)
    {
        var text = Scalar(key);
        if (text is null || (Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
        {
            return text?.TrimEnd('/');
        }

        Fault(Find(key)!, key, "an address that begins with http:// or https://");
        return null;
    }

    private bool? Switch(string key)
    {
        var text = Scalar(key);
        switch (text?.ToLowerInvariant())
        {
            case null:
                return null;
            case "true" or "1" or "yes" or "on":
                return true;
            case "false" or "0" or "no" or "off":
                return false;
            default:
                Fault(Find(key)!, key, "true or false");
                return null;
        }
    }

    private double Number(string key, double defaultValue, double min, double max)
    {
        var text = Scalar(key);
        if (text is null)
        {
            return defaultValue;
        }

        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max)
        {
            return number;
        }

        Fault(Find(key)!, key, $"a number from {min} to {max}");
        return defaultValue;
    }

    private IReadOnlyList<string> List(string key, Func<string, bool> isValid, string expected)
    {
        var value = Find(key);
        var items = value?.List ?? (string.IsNullOrEmpty(value?.Scalar) ? [] : value.Scalar.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        foreach (var item in items.Where(i => i is null || !isValid(i)))
        {
            _faults.Add($"{value!.Place}: {key}: expected {expected}, found '{item}'");
        }

        return items;
    }

    private bool LoginMethod()
    {
        var method = Scalar("application.login_method");
        if (method is not ("browser" or "api-token"))
        {
            Fault(Find("application.login_method")!, "application.login_method", "'browser' or 'api-token'");
        }

        return method != "api-token";
    }

    private string? SessionId()
    {
        var id = Scalar("api.session_id");
        if (id is not null && !Sessions.SessionName.IsValid(id))
        {
            Fault(Find("api.session_id")!, "api.session_id", "letters, digits, _ and -");
        }

        return id;
    }

    // These lines are written into the user's ssh configuration, so a line break would add settings of its own.
    private static bool IsOneLine(string text) => text.Length > 0 && !text.Any(char.IsControl);

    private static bool IsHostPattern(string text) =>
        text.Length is > 0 and <= 253 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '*' or '?');

    private static string? Under(string? authUrl, string path) => authUrl is null ? null : authUrl + path;
}
