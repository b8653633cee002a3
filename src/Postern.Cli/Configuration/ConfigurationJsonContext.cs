using System.Text.Json.Serialization;

namespace Postern.Cli.Configuration;

/// <summary>JSON of the remembered server.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(RememberedServer))]
internal sealed partial class ConfigurationJsonContext : JsonSerializerContext;
