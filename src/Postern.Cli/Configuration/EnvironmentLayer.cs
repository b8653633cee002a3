namespace Postern.Cli.Configuration;

/// <summary>Settings from variables: <c>POSTERN_SECTION_KEY</c> for every scalar, and the short names users know.</summary>
internal static class EnvironmentLayer
{
    private static readonly (string Name, string Key)[] ShortNames =
    [
        ("TOKEN", "api.token"),
        ("API_TOKEN", "api.access_token"),
        ("API_URL", "api.base_url"),
        ("AUTH_URL", "api.auth_url"),
        ("OAUTH2_AUTH_URL", "api.oauth2_auth_url"),
        ("OAUTH2_CLIENT_ID", "api.oauth2_client_id"),
        ("OAUTH2_TOKEN_URL", "api.oauth2_token_url"),
        ("OAUTH2_REVOKE_URL", "api.oauth2_revoke_url"),
        ("OAUTH2_DEVICE_AUTHORIZATION_URL", "api.oauth2_device_authorization_url"),
        ("CERTIFIER_URL", "api.certifier_url"),
        ("DEFAULT_TIMEOUT", "api.default_timeout"),
        ("SKIP_SSL", "api.skip_ssl"),
        ("DEBUG", "api.debug"),
        ("DISABLE_LOCKS", "api.disable_locks"),
        ("SESSION_ID", "api.session_id"),
        ("USER_AGENT", "api.user_agent"),
        ("AUTO_LOAD_SSH_CERT", "ssh.auto_load_cert"),
        ("API_AUTO_LOAD_SSH_CERT", "ssh.auto_load_cert"),
        ("API_WRITE_USER_SSH_CONFIG", "ssh.write_user_config"),
        ("API_ADD_TO_SSH_AGENT", "ssh.add_to_agent"),
        ("SSH_OPTIONS", "ssh.options"),
        ("SSH_HOST_KEYS", "ssh.host_keys"),
        ("SSH_DOMAIN_WILDCARD", "ssh.domain_wildcards"),
    ];

    public static ConfigurationLayer Read(IReadOnlyDictionary<string, string> variables, string prefix)
    {
        var layer = new ConfigurationLayer("the environment");
        foreach (var setting in ConfigurationKeys.All)
        {
            Take(prefix + setting.Path.Replace('.', '_').ToUpperInvariant(), setting.Path);
        }

        foreach (var (name, key) in ShortNames)
        {
            Take(prefix + name, key);
        }

        return layer;

        void Take(string name, string key)
        {
            // POSTERN_API_TOKEN is the raw access token, not the setting api.token.
            if ((name == prefix + "API_TOKEN" && key == "api.token") || !variables.TryGetValue(name, out var value) || value.Length == 0)
            {
                return;
            }

            if (ConfigurationKeys.Find(key)?.Kind == SettingKind.List)
            {
                layer.Set(key, value.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), name);
            }
            else
            {
                layer.Set(key, value, name);
            }
        }
    }
}
