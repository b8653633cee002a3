using System.Text.Json.Serialization;

namespace Postern.Cli.Tunnels;

/// <summary>JSON of the tunnel state.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, IgnoreReadOnlyProperties = true, NumberHandling = JsonNumberHandling.AllowReadingFromString)]
[JsonSerializable(typeof(Dictionary<string, TunnelEntry>))]
[JsonSerializable(typeof(List<TunnelEntry>))]
internal sealed partial class TunnelJsonContext : JsonSerializerContext;
