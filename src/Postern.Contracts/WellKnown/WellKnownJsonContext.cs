using System.Text.Json.Serialization;

namespace Postern.Contracts.WellKnown;

/// <summary>JSON of the well-known document, made at compile time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, NumberHandling = JsonNumberHandling.AllowReadingFromString)]
[JsonSerializable(typeof(VendorConfiguration))]
public sealed partial class WellKnownJsonContext : JsonSerializerContext;
