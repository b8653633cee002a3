using System.Text.Json.Serialization;

namespace Postern.Contracts.WellKnown;

/// <summary>Names of the client itself.</summary>
public sealed record ApplicationSection
{
    /// <summary>The product's name.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Name { get; set; }

    /// <summary>The short name used in file names and key comments.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Slug { get; set; }

    /// <summary>The command people type.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Executable { get; set; }

    /// <summary>The prefix of environment variables.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? EnvPrefix { get; set; }

    /// <summary>The directory under the home directory.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? UserConfigDir { get; set; }

    /// <summary><c>browser</c> or <c>api-token</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? LoginMethod { get; set; }
}
