using System.Text.Json.Serialization;

namespace Postern.Contracts.WellKnown;

/// <summary>How the gateway is reached.</summary>
public sealed record SshSection
{
    /// <summary>Patterns of the gateway's host names, such as <c>*.local.postern.test</c>.</summary>
    public IReadOnlyList<string> DomainWildcards { get; set; } = [];

    /// <summary>known_hosts lines of the gateway, <c>@cert-authority</c> lines among them.</summary>
    public IReadOnlyList<string> HostKeys { get; set; } = [];

    /// <summary>ssh_config lines, such as <c>HostName 127.0.0.1</c> and <c>Port 2222</c>.</summary>
    public IReadOnlyList<string> Options { get; set; } = [];

    /// <summary>True writes the user's ssh configuration without asking, false never; null asks.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? WriteUserConfig { get; set; }

    /// <summary>False when certificates are loaded only on demand.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? AutoLoadCert { get; set; }
}
