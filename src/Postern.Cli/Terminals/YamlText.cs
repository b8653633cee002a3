using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Postern.Cli.Terminals;

/// <summary>Writes JSON values the way property output shows them: a scalar on its line, structures as YAML with four spaces.</summary>
internal static class YamlText
{
    private const string Indent = "    ";

    public static string Render(JsonNode? value) => value switch
    {
        null => "",
        JsonObject { Count: 0 } => "{  }\n",
        JsonArray { Count: 0 } => "{  }\n",
        JsonObject or JsonArray => Structure(value, 0),
        JsonValue scalar => PlainScalar(scalar) + "\n",
        _ => "",
    };

    private static string PlainScalar(JsonValue value) =>
        value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString();

    private static string Structure(JsonNode node, int depth)
    {
        var text = new StringBuilder();
        var indent = string.Concat(Enumerable.Repeat(Indent, depth));
        if (node is JsonArray array)
        {
            foreach (var item in array)
            {
                AppendValue(text, indent + "-", item, depth);
            }
        }
        else
        {
            foreach (var (key, item) in node.AsObject())
            {
                AppendValue(text, indent + Quote(key) + ":", item, depth);
            }
        }

        return text.ToString();
    }

    private static void AppendValue(StringBuilder text, string head, JsonNode? item, int depth)
    {
        text.Append(head);
        switch (item)
        {
            case JsonObject { Count: > 0 } or JsonArray { Count: > 0 }:
                text.Append('\n').Append(Structure(item, depth + 1));
                break;
            case JsonObject or JsonArray:
                text.Append(" {  }\n");
                break;
            default:
                text.Append(' ').Append(Scalar(item)).Append('\n');
                break;
        }
    }

    private static string Scalar(JsonNode? value)
    {
        if (value is null)
        {
            return "null";
        }

        return value.GetValueKind() == JsonValueKind.String ? Quote(value.GetValue<string>()) : value.ToJsonString();
    }

    // Quoted whenever a YAML reader could take the text for something else.
    private static string Quote(string text)
    {
        var isPlain = text.Length > 0
            && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' or '/' or '@' or '+' or ' ' or ':' or '(' or ')' or '=' or '~')
            && (char.IsAsciiLetter(text[0]) || text[0] is '/' or '_')
            && text[^1] is not (' ' or ':')
            && !text.Contains(": ", StringComparison.Ordinal)
            && text.ToLowerInvariant() is not ("true" or "false" or "null" or "yes" or "no" or "on" or "off" or "y" or "n")
            && !double.TryParse(text, CultureInfo.InvariantCulture, out _);
        if (isPlain)
        {
            return text;
        }

        return text.Any(char.IsControl)
            ? "\"" + JsonEncodedText.Encode(text) + "\""
            : $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
    }
}
