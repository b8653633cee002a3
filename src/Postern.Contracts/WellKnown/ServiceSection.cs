using System.Text.Json.Serialization;

namespace Postern.Contracts.WellKnown;

/// <summary>The names of the service.</summary>
public sealed record ServiceSection
{
    /// <summary>The name people read.</summary>
    public string Name { get; set; } = "";

    /// <summary>The prefix of variables inside app containers.</summary>
    public string EnvPrefix { get; set; } = "PLATFORM_";

    /// <summary>The directory of project files in a repository.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ProjectConfigDir { get; set; }

    /// <summary>The address of the web console.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ConsoleUrl { get; set; }

    /// <summary>The address of the documentation.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? DocsUrl { get; set; }

    /// <summary>Where activity types are described.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ActivityTypeListUrl { get; set; }
}
