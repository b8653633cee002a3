using System.Globalization;
using System.Text.Json.Nodes;

namespace Postern.Cli.Tunnels;

/// <summary>One open tunnel, as the state file has it.</summary>
internal sealed record TunnelEntry
{
    public string Id { get; set; } = "";

    public string ProjectId { get; set; } = "";

    public string EnvironmentId { get; set; } = "";

    public string? AppName { get; set; }

    public string Relationship { get; set; } = "";

    public string ServiceKey { get; set; } = "0";

    public int RemotePort { get; set; }

    public string RemoteHost { get; set; } = "";

    public int LocalPort { get; set; }

    /// <summary>The endpoint as the container has it.</summary>
    public JsonObject Service { get; set; } = [];

    /// <summary>The process that keeps the tunnel open.</summary>
    public int Pid { get; set; }

    /// <summary>True when other machines may use the port.</summary>
    public bool GatewayPorts { get; set; }

    /// <summary>The control socket of the ssh that serves it; null for a tunnel of a foreground command.</summary>
    public string? ControlPath { get; set; }

    /// <summary>Where the ssh goes, as <c>user@host</c>.</summary>
    public string Destination { get; set; } = "";

    public string DisplayName => ServiceKey == "0" ? Relationship : $"{Relationship}.{ServiceKey}";

    public string AppLabel => string.IsNullOrEmpty(AppName) ? $"{ProjectId}-{EnvironmentId}" : $"{ProjectId}-{EnvironmentId}--{AppName}";

    /// <summary>Tunnels of one group share one ssh.</summary>
    public string Group => string.Join("--", ProjectId, EnvironmentId, AppName);

    public static string KeyOf(string projectId, string environmentId, string? appName, string relationship, string serviceKey) =>
        string.Join("--", projectId, environmentId, appName, relationship, serviceKey);

    /// <summary>The value of ssh's -L.</summary>
    public string Forward => string.Create(CultureInfo.InvariantCulture, $"{(GatewayPorts ? "*" : "127.0.0.1")}:{LocalPort}:{RemoteHost}:{RemotePort}");

    /// <summary>The endpoint as it is reached from here.</summary>
    public JsonObject LocalService
    {
        get
        {
            var local = Service.DeepClone().AsObject();
            Replace("host", "127.0.0.1");
            Replace("ip", "127.0.0.1");
            Replace("port", LocalPort);
            local["url"] = ServiceUrl.Build(local);
            return local;

            void Replace(string name, JsonNode value)
            {
                if (local.ContainsKey(name))
                {
                    local[name] = value;
                }
            }
        }
    }

    public string Url => LocalService["url"]!.ToString();
}
