using System.Text.Json.Serialization;

namespace Postern.Cli.Sessions;

/// <summary>JSON of the session file.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(StoredTokens))]
internal sealed partial class SessionJsonContext : JsonSerializerContext;
