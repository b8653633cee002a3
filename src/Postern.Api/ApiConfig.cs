namespace Postern.Api;

/// <summary>The checked options, and what follows from them.</summary>
internal sealed record ApiConfig
{
    private const int StandardSshPort = 22;

    public ApiConfig(ApiOptions options)
    {
        Name = options.Name;
        BaseUrl = options.PublicUrl.TrimEnd('/');
        Domain = options.Domain;
        Region = options.Region;
        SshClientOptions = options.SshClientOptions;
        OAuthClientId = options.OAuthClientId;
    }

    public string Name { get; }

    public string BaseUrl { get; }

    public string Domain { get; }

    public string Region { get; }

    public IReadOnlyList<string> SshClientOptions { get; }

    public string OAuthClientId { get; }

    public string SshHost(string region) => $"ssh.{region}.{Domain}";

    public string GitHost(string region) => $"git.{region}.{Domain}";

    public string EdgeHost(string projectId, string machineName, string region) => $"{machineName}-{projectId}.{region}.{Domain}";

    /// <summary>
    /// The names under which a client looks up the gateway's key: the host it connects to after <c>HostName</c>, in
    /// brackets with the port when that is not 22 (sshd(8), known_hosts).
    /// </summary>
    public IReadOnlyList<string> KnownHostPatterns()
    {
        List<string> hosts = [$"*.{Domain}"];
        if (ClientOption("HostName") is { } host)
        {
            hosts.Add(host);
        }

        return int.TryParse(ClientOption("Port"), out var port) && port != StandardSshPort
            ? [.. hosts.Select(h => $"[{h}]:{port}")]
            : hosts;
    }

    private string? ClientOption(string name) => SshClientOptions
        .Select(line => line.Split(' ', 2, StringSplitOptions.TrimEntries))
        .Where(parts => parts.Length == 2 && parts[0].Equals(name, StringComparison.OrdinalIgnoreCase))
        .Select(parts => parts[1]).FirstOrDefault();
}
