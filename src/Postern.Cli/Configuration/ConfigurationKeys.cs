namespace Postern.Cli.Configuration;

/// <summary>
/// Every setting this command reads. Vendor files hold more than these; the others are left alone, so that a file
/// written for another client of the same API works.
/// </summary>
internal static class ConfigurationKeys
{
    public static readonly IReadOnlyList<(string Path, SettingKind Kind)> All =
    [
        ("application.name", SettingKind.Text),
        ("application.slug", SettingKind.Text),
        ("application.version", SettingKind.Text),
        ("application.executable", SettingKind.Text),
        ("application.env_prefix", SettingKind.Text),
        ("application.user_config_dir", SettingKind.Text),
        ("application.writable_user_dir", SettingKind.Text),
        ("application.login_method", SettingKind.Text),
        ("service.name", SettingKind.Text),
        ("service.env_prefix", SettingKind.Text),
        ("service.project_config_dir", SettingKind.Text),
        ("service.console_url", SettingKind.Url),
        ("api.base_url", SettingKind.Url),
        ("api.auth_url", SettingKind.Url),
        ("api.certifier_url", SettingKind.Url),
        ("api.oauth2_client_id", SettingKind.Text),
        ("api.oauth2_auth_url", SettingKind.Url),
        ("api.oauth2_token_url", SettingKind.Url),
        ("api.oauth2_revoke_url", SettingKind.Url),
        ("api.oauth2_device_authorization_url", SettingKind.Url),
        ("api.vendor_filter", SettingKind.Text),
        ("api.token", SettingKind.Text),
        ("api.token_file", SettingKind.Text),
        ("api.access_token", SettingKind.Text),
        ("api.session_id", SettingKind.Text),
        ("api.default_timeout", SettingKind.Number),
        ("api.skip_ssl", SettingKind.Switch),
        ("api.debug", SettingKind.Switch),
        ("api.disable_locks", SettingKind.Switch),
        ("api.user_agent", SettingKind.Text),
        ("ssh.domain_wildcards", SettingKind.List),
        ("ssh.host_keys", SettingKind.List),
        ("ssh.host_keys_file", SettingKind.Text),
        ("ssh.options", SettingKind.List),
        ("ssh.write_user_config", SettingKind.Switch),
        ("ssh.auto_load_cert", SettingKind.Switch),
        ("ssh.add_to_agent", SettingKind.Switch),
        ("ssh.cert_key_ttl", SettingKind.Number),
        ("detection.git_remote_name", SettingKind.Text),
        ("detection.git_domain", SettingKind.Text),
        ("detection.site_domains", SettingKind.List),
        ("detection.cluster_header", SettingKind.Text),
    ];

    private static readonly Dictionary<string, (string Path, SettingKind Kind)> ByPath = All.ToDictionary(s => s.Path, StringComparer.Ordinal);

    public static (string Path, SettingKind Kind)? Find(string path) => ByPath.TryGetValue(path, out var setting) ? setting : null;
}
