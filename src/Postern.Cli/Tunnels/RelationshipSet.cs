using System.Text.Json;
using System.Text.Json.Nodes;

namespace Postern.Cli.Tunnels;

/// <summary>The services an app may reach: the contents of PLATFORM_RELATIONSHIPS.</summary>
/// <param name="Root">Endpoint lists by relationship name.</param>
internal sealed record RelationshipSet(JsonObject Root)
{
    /// <summary>Reads the variable's value, base64 of JSON.</summary>
    /// <exception cref="FormatException">It is neither.</exception>
    public static RelationshipSet Decode(string value)
    {
        try
        {
            return value.Trim().Length == 0
                ? new RelationshipSet([])
                : JsonNode.Parse(Convert.FromBase64String(value.Trim())) switch
                {
                    JsonObject root => new RelationshipSet(root),
                    // An empty map arrives as [] from servers that write PHP arrays.
                    JsonArray { Count: 0 } => new RelationshipSet([]),
                    _ => throw new FormatException("it is not an object"),
                };
        }
        catch (JsonException exception)
        {
            throw new FormatException("it is not JSON", exception);
        }
    }

    public IEnumerable<RelationshipEndpoint> Endpoints()
    {
        foreach (var (name, list) in Root)
        {
            var items = list switch
            {
                JsonArray array => array.Select((item, i) => (Key: i.ToString(System.Globalization.CultureInfo.InvariantCulture), Item: item)),
                JsonObject map => map.Select(p => (p.Key, Item: p.Value)),
                _ => [],
            };
            foreach (var (key, item) in items)
            {
                if (item is JsonObject service)
                {
                    yield return new RelationshipEndpoint(name, key, service);
                }
            }
        }
    }
}
