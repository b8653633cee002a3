using System.Text.Json.Serialization;

namespace Postern.Directory.Deployments;

/// <summary>Source-generated JSON of the deployment column.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    IgnoreReadOnlyProperties = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DeploymentContent))]
internal sealed partial class DeploymentJsonContext : JsonSerializerContext;
