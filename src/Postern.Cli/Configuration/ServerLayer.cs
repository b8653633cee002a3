using System.Text.Json;
using Postern.Cli.Files;
using Postern.Cli.Hosting;
using Postern.Contracts.WellKnown;

namespace Postern.Cli.Configuration;

/// <summary>The layer of the remembered server: just above the built-in defaults, so that what a person wrote always wins.</summary>
internal static class ServerLayer
{
    private const long MaxFileBytes = 1024 * 1024;

    public static RememberedServer? Load(UserDirectory directory, List<string> faults)
    {
        var text = AtomicFile.ReadIfExists(directory.ServerFile, MaxFileBytes);
        if (text is null)
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(text, ConfigurationJsonContext.Default.RememberedServer)
                ?? throw new JsonException("it is empty");
        }
        catch (JsonException exception)
        {
            faults.Add($"{directory.ServerFile}: not a remembered server ({exception.Message}); delete it and log in again with --server URL");
            return null;
        }
    }

    public static void Save(UserDirectory directory, RememberedServer server) =>
        AtomicFile.Write(directory.ServerFile, JsonSerializer.Serialize(server, ConfigurationJsonContext.Default.RememberedServer) + "\n");

    /// <summary>What the server may set; the rest is a fault.</summary>
    public static ConfigurationLayer ToLayer(RememberedServer server, List<string> faults)
    {
        var layer = new ConfigurationLayer(server.Url);
        var document = server.Document ?? new();
        // Null can arrive from a server in spite of the types.
        var (service, api, ssh, detection) = (document.Service ?? new(), document.Api ?? new(), document.Ssh ?? new(), document.Detection ?? new());
        Text("service.name", service.Name);
        Text("service.env_prefix", service.EnvPrefix);
        Text("service.project_config_dir", service.ProjectConfigDir);
        Text("service.console_url", service.ConsoleUrl);
        Text("api.base_url", api.BaseUrl);
        Text("api.auth_url", api.AuthUrl);
        Text("api.certifier_url", api.CertifierUrl);
        Text("api.oauth2_client_id", api.Oauth2ClientId);
        Text("api.oauth2_auth_url", api.Oauth2AuthUrl);
        Text("api.oauth2_token_url", api.Oauth2TokenUrl);
        Text("api.oauth2_revoke_url", api.Oauth2RevokeUrl);
        Text("api.oauth2_device_authorization_url", api.Oauth2DeviceAuthorizationUrl);
        Text("api.vendor_filter", api.VendorFilter);
        List("ssh.domain_wildcards", ssh.DomainWildcards);
        List("ssh.host_keys", ssh.HostKeys);
        List("ssh.options", ssh.Options);
        // Only the person says yes to a change of ~/.ssh/config.
        Switch("ssh.write_user_config", ssh.WriteUserConfig == false ? false : null);
        Switch("ssh.auto_load_cert", ssh.AutoLoadCert);
        Text("detection.git_remote_name", detection.GitRemoteName);
        Text("detection.git_domain", detection.GitDomain);
        List("detection.site_domains", detection.SiteDomains);
        Text("detection.cluster_header", detection.ClusterHeader);
        ServerRules.Check(layer, faults);
        return layer;

        void Text(string key, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                layer.Set(key, value);
            }
        }

        void List(string key, IReadOnlyList<string>? value)
        {
            if (value is not null)
            {
                layer.Set(key, value);
            }
        }

        void Switch(string key, bool? value)
        {
            if (value is { } set)
            {
                layer.Set(key, set ? "true" : "false");
            }
        }
    }

    /// <summary>Reads a well-known document as a server sent it.</summary>
    public static RememberedServer Parse(string url, string json)
    {
        try
        {
            var document = JsonSerializer.Deserialize(json, WellKnownJsonContext.Default.VendorConfiguration) ?? throw new JsonException("it is empty");
            return new RememberedServer { Url = url, Document = document };
        }
        catch (JsonException exception)
        {
            throw CliException.Failure($"The server at {url} did not answer with a configuration document: {exception.Message}\nCheck the address; it should be that of a Postern server.", exception);
        }
    }
}
