namespace Postern.Cli.Configuration;

/// <summary>Settings of one source, by key path such as <c>api.base_url</c>; later layers win.</summary>
internal sealed class ConfigurationLayer(string origin)
{
    public string Origin { get; } = origin;

    public Dictionary<string, ConfigurationValue> Values { get; } = new(StringComparer.Ordinal);

    public void Set(string key, string? scalar, string? place = null) =>
        Values[key] = new ConfigurationValue(scalar, null, place ?? Origin);

    public void Set(string key, IReadOnlyList<string> list, string? place = null) =>
        Values[key] = new ConfigurationValue(null, list, place ?? Origin);
}
