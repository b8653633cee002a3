using System.Text.Json;
using System.Text.Json.Serialization;

namespace Postern.Contracts.Api;

/// <summary>Reads and writes <see cref="HalLinks"/>; link attributes other than <c>href</c> are not kept.</summary>
internal sealed class HalLinksConverter : JsonConverter<HalLinks>
{
    public override HalLinks Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        var links = new HalLinks();
        // An empty map arrives as [] from servers that write PHP arrays.
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            return links;
        }

        foreach (var relation in document.RootElement.EnumerateObject())
        {
            if (relation.Value.ValueKind == JsonValueKind.Array)
            {
                links.AddArray(relation.Name, relation.Value.EnumerateArray().Select(HrefOf).OfType<string>().Select(h => new HalLink(h)));
            }
            else if (HrefOf(relation.Value) is { } href)
            {
                links.Add(relation.Name, href);
            }
        }

        return links;
    }

    public override void Write(Utf8JsonWriter writer, HalLinks value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach (var (relation, links) in value)
        {
            writer.WritePropertyName(relation);
            var isArray = value.IsWrittenAsArray(relation);
            if (isArray)
            {
                writer.WriteStartArray();
            }

            foreach (var link in links)
            {
                writer.WriteStartObject();
                writer.WriteString("href", link.Href);
                writer.WriteEndObject();
            }

            if (isArray)
            {
                writer.WriteEndArray();
            }
        }

        writer.WriteEndObject();
    }

    private static string? HrefOf(JsonElement link) =>
        link.ValueKind == JsonValueKind.Object && link.TryGetProperty("href", out var href) && href.ValueKind == JsonValueKind.String
            ? href.GetString()
            : null;
}
