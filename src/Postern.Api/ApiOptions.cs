namespace Postern.Api;

/// <summary>What the API must know about the deployment.</summary>
public sealed class ApiOptions
{
    /// <summary>Name of the deployment as people see it.</summary>
    public string Name { get; set; } = "Postern";

    /// <summary>The URL by which clients reach this server, such as <c>https://postern.example.com</c>. Required.</summary>
    public string PublicUrl { get; set; } = "";

    /// <summary>Base domain; gateways are <c>ssh.REGION.DOMAIN</c> and <c>git.REGION.DOMAIN</c>.</summary>
    public string Domain { get; set; } = "postern.test";

    /// <summary>The region of this deployment.</summary>
    public string Region { get; set; } = "local";

    /// <summary>
    /// Lines for people's ssh configuration, such as <c>HostName 127.0.0.1</c> and <c>Port 2222</c>; empty when the gateway
    /// has its names in DNS and listens on port 22.
    /// </summary>
    public IReadOnlyList<string> SshClientOptions { get; set; } = [];

    /// <summary>OAuth client id of the CLI.</summary>
    public string OAuthClientId { get; set; } = "postern-cli";

    /// <summary>All faults in the options; empty when there is none.</summary>
    public IReadOnlyList<string> FindFaults()
    {
        var faults = new List<string>();
        if (!Uri.TryCreate(PublicUrl, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            faults.Add($"the public URL is '{PublicUrl}'; it must begin with http:// or https://.");
        }

        RequireHostName(faults, "domain", Domain);
        RequireHostName(faults, "region", Region);
        return faults;
    }

    private static void RequireHostName(List<string> faults, string key, string value)
    {
        if (Uri.CheckHostName(value) != UriHostNameType.Dns)
        {
            faults.Add($"the {key} is '{value}'; it must be a host name.");
        }
    }
}
