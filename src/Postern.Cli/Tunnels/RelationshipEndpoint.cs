using System.Globalization;
using System.Text.Json.Nodes;

namespace Postern.Cli.Tunnels;

/// <summary>One endpoint of a relationship.</summary>
/// <param name="Relationship">The relationship's name.</param>
/// <param name="ServiceKey">The index in its list.</param>
/// <param name="Service">The endpoint as the container has it.</param>
internal sealed record RelationshipEndpoint(string Relationship, string ServiceKey, JsonObject Service)
{
    /// <summary>The name shown: the index only when it is not the first.</summary>
    public string DisplayName => ServiceKey == "0" ? Relationship : $"{Relationship}.{ServiceKey}";

    public string? Host => Service["host"] is JsonValue value && value.TryGetValue(out string? text) && text.All(IsHostCharacter) ? text : null;

    public int? Port
    {
        get
        {
            var text = Service["port"]?.ToString();
            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65535 ? port : null;
        }
    }

    // The host becomes part of an argument of ssh, where a colon or a blank would change its meaning.
    private static bool IsHostCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_';
}
