using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Postern.Cli.Tunnels;

/// <summary>The address of a service, as database tools take it.</summary>
internal static class ServiceUrl
{
    public static string Build(JsonObject service)
    {
        var scheme = Text(service, "scheme") ?? "";
        var path = Text(service, "path") ?? "";
        if (scheme == "solr")
        {
            scheme = "http";
            path = path.TrimStart('/').StartsWith("solr/", StringComparison.Ordinal) ? "/solr/" : path;
        }
        else if (scheme == "pgsql")
        {
            scheme = "postgresql";
        }

        var user = Text(service, "username");
        var password = Text(service, "password");
        var userInfo = string.IsNullOrEmpty(user) && string.IsNullOrEmpty(password)
            ? ""
            : Uri.EscapeDataString(user ?? "") + (password is null ? "" : ":" + Uri.EscapeDataString(password)) + "@";
        var port = Text(service, "port");
        var query = Query(service["query"]);
        return $"{scheme}://{userInfo}{Text(service, "host")}{(port is null ? "" : ":" + port)}{(path.Length == 0 ? "" : "/" + path.TrimStart('/'))}{(query.Length == 0 ? "" : "?" + query)}";
    }

    private static string Query(JsonNode? query) => query is JsonObject map
        ? string.Join('&', map.Where(p => p.Key != "is_master" && p.Value is not null).Select(p => $"{Uri.EscapeDataString(p.Key)}={Uri.EscapeDataString(Flat(p.Value!))}"))
        : "";

    private static string Flat(JsonNode value) => value.GetValueKind() switch
    {
        JsonValueKind.True => "1",
        JsonValueKind.False => "0",
        _ => value.ToString(),
    };

    private static string? Text(JsonObject service, string name) => service[name] switch
    {
        JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
        JsonValue value when value.GetValueKind() == JsonValueKind.Number => Convert.ToString(value.ToJsonString(), CultureInfo.InvariantCulture),
        _ => null,
    };
}
