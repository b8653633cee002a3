using System.Text.Json;
using System.Text.Json.Serialization;

namespace Postern.Contracts.Api;

/// <summary>An error of the API: RFC 9457, with the fields that older clients show.</summary>
public sealed record ProblemDocument
{
    /// <summary>An address that names the kind of problem.</summary>
    public string? Type { get; set; }

    /// <summary>The kind of problem in a few words.</summary>
    public string? Title { get; set; }

    /// <summary>The HTTP status.</summary>
    public int Status { get; set; }

    /// <summary>What was wrong this time: a text, or an object of texts by property.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonElement? Detail { get; set; }

    /// <summary>The request that failed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Instance { get; set; }

    /// <summary>The HTTP status again, under the name older clients read.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Code { get; set; }

    /// <summary>What was wrong, under the name older clients read.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Message { get; set; }

    /// <summary>A short machine-readable word, where OAuth readers look for it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Error { get; set; }

    /// <summary>What was wrong, where OAuth readers look for it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ErrorDescription { get; set; }
}
