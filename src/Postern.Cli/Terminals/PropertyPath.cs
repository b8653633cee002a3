using System.Text.Json.Nodes;
using Postern.Cli.Hosting;

namespace Postern.Cli.Terminals;

/// <summary>Nested access by dots: <c>database.0.host</c>; a key that holds dots is found whole.</summary>
internal static class PropertyPath
{
    public static JsonNode? Find(JsonNode? root, string path)
    {
        if (!TryFind(root, path, out var value))
        {
            throw CliException.Argument($"Property not found: {path}");
        }

        return value;
    }

    private static bool TryFind(JsonNode? node, string path, out JsonNode? value)
    {
        if (path.Length == 0)
        {
            value = node;
            return true;
        }

        value = null;
        if (node is JsonArray array)
        {
            var dot = path.IndexOf('.', StringComparison.Ordinal);
            var head = dot < 0 ? path : path[..dot];
            return int.TryParse(head, out var index) && index >= 0 && index < array.Count
                && TryFind(array[index], dot < 0 ? "" : path[(dot + 1)..], out value);
        }

        if (node is not JsonObject map)
        {
            return false;
        }

        // The longest key first, so that keys with dots are reachable.
        foreach (var (key, child) in map.OrderByDescending(p => p.Key.Length))
        {
            if (string.Equals(path, key, StringComparison.Ordinal))
            {
                value = child;
                return true;
            }

            if (path.StartsWith(key + ".", StringComparison.Ordinal) && TryFind(child, path[(key.Length + 1)..], out value))
            {
                return true;
            }
        }

        return false;
    }
}
