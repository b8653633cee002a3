using System.Collections;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Postern.Server.Configuration;

/// <summary>
/// Reads typed settings from flat <c>section.key</c> text, remembers which keys exist, and collects every fault
/// instead of stopping at the first. The environment (<c>POSTERN_SERVER__SECTION__KEY</c>) wins over the file.
/// </summary>
public sealed class SettingsReader
{
    /// <summary>What the names of overriding environment variables begin with.</summary>
    public const string EnvironmentPrefix = "POSTERN_SERVER__";

    private readonly Dictionary<string, string> _values;
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly List<ConfigurationFault> _faults;

    /// <summary>Starts with the values of a file and the environment's overrides over them.</summary>
    public SettingsReader(IReadOnlyDictionary<string, string> file, IDictionary environment, IEnumerable<ConfigurationFault> faults)
    {
        _values = new Dictionary<string, string>(file, StringComparer.Ordinal);
        _faults = [.. faults];
        foreach (DictionaryEntry entry in environment)
        {
            var name = (string)entry.Key;
            if (name.StartsWith(EnvironmentPrefix, StringComparison.Ordinal))
            {
                var key = name[EnvironmentPrefix.Length..].Replace("__", ".", StringComparison.Ordinal).ToLowerInvariant();
                _values[key] = (string?)entry.Value ?? "";
            }
        }
    }

    /// <summary>Every key that was asked for, in order of asking, with its default as text.</summary>
    public List<(string Key, string Default)> Catalogue { get; } = [];

    /// <summary>Text of at least one character, or the default.</summary>
    public string Text(string key, string defaultValue) =>
        Read(key, defaultValue, defaultValue, text => text, "text");

    /// <summary>A whole number within bounds, both inclusive.</summary>
    public int Number(string key, int defaultValue, int minimum, int maximum) => Read(
        key,
        defaultValue,
        defaultValue.ToString(CultureInfo.InvariantCulture),
        text => int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number)
            && number >= minimum && number <= maximum ? number : null,
        $"a whole number from {minimum} to {maximum}");

    /// <summary>A length of time such as <c>90s</c>, <c>15m</c>, <c>1h</c> or <c>7d</c>.</summary>
    public TimeSpan Duration(string key, TimeSpan defaultValue, TimeSpan minimum, TimeSpan maximum) => Read(
        key,
        defaultValue,
        Show(defaultValue),
        text => ParseDuration(text) is { } value && value >= minimum && value <= maximum ? value : null,
        $"a length of time from {Show(minimum)} to {Show(maximum)}, such as 90s, 15m, 1h or 7d");

    /// <summary>Yes or no: true or false.</summary>
    public bool Flag(string key, bool defaultValue) => Read(
        key,
        defaultValue,
        defaultValue ? "true" : "false",
        text => text switch { "true" => true, "false" => (bool?)false, _ => null },
        "true or false");

    /// <summary>One word of a list.</summary>
    public string Choice(string key, string defaultValue, params string[] choices) => Read(
        key,
        defaultValue,
        defaultValue,
        text => choices.Contains(text) ? text : null,
        "one of: " + string.Join(", ", choices));

    /// <summary>An absolute http or https URL without a path, query or fragment.</summary>
    public Uri Url(string key, Uri defaultValue) => Read(
        key,
        defaultValue,
        defaultValue.GetLeftPart(UriPartial.Authority),
        text => Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            && url.PathAndQuery == "/" && url.Fragment.Length == 0 ? url : null,
        "a URL such as https://login.example.com, without a path");

    /// <summary>A path; relative ones start at the data directory's parent process folder, so they are made absolute.</summary>
    public string FilePath(string key, string defaultValue) =>
        Read(key, defaultValue, defaultValue, text => text.Contains('\0', StringComparison.Ordinal) ? null : Path.GetFullPath(text), "a path");

    /// <summary>Addresses with port, separated by blanks or given as a YAML list: <c>0.0.0.0:2222</c>, <c>[::]:2222</c>.</summary>
    public IReadOnlyList<IPEndPoint> EndPoints(string key, string defaultValue) => Read<IReadOnlyList<IPEndPoint>>(
        key,
        defaultValue.Length == 0 ? [] : ParseEndPoints(defaultValue)!,
        defaultValue,
        ParseEndPoints,
        "one or more addresses with port, such as 0.0.0.0:2222 or [::]:2222");

    /// <summary>IP addresses, separated by blanks or given as a YAML list; none by default.</summary>
    public IReadOnlyList<IPAddress> Addresses(string key) => Read<IReadOnlyList<IPAddress>>(
        key,
        [],
        "",
        text =>
        {
            var parts = text.Split([' ', ',', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            var addresses = parts.Select(part => IPAddress.TryParse(part, out var address) ? address : null).ToList();
            return addresses.Contains(null) ? null : [.. addresses.OfType<IPAddress>()];
        },
        "one or more IP addresses");

    /// <summary>
    /// Networks such as <c>10.0.0.0/8</c> or <c>2001:db8::/32</c>, or single addresses, separated by blanks or given as a YAML
    /// list; the word <c>none</c> is an empty list.
    /// </summary>
    public IReadOnlyList<IPNetwork> Networks(string key, string defaultValue) => Read<IReadOnlyList<IPNetwork>>(
        key, ParseNetworks(defaultValue)!, defaultValue, ParseNetworks, "one or more networks, such as 10.0.0.0/8 or 2001:db8::/32, or none");

    /// <summary>A value of a form of its own.</summary>
    public T Value<T>(string key, T defaultValue, Func<string, T?> parse, string shownDefault, string expected)
        where T : class => Read(key, defaultValue, shownDefault, parse, expected);

    /// <summary>Lines of text: a YAML list, or text with line breaks.</summary>
    public IReadOnlyList<string> Lines(string key) =>
        Read<IReadOnlyList<string>>(key, [], "", text => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), "lines");

    /// <summary>
    /// Words separated by blanks or commas, or a YAML list, where the check finds no fault in them; the default otherwise,
    /// which the catalogue does not show because it depends on the machine.
    /// </summary>
    public IReadOnlyList<string> Words(
        string key, IReadOnlyList<string> defaultValue, Func<IReadOnlyList<string>, IReadOnlyList<string>> faultsOf)
    {
        var words = Read<IReadOnlyList<string>>(
            key,
            defaultValue,
            "",
            text => text.Split([' ', ',', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
            "words");
        var faults = ReferenceEquals(words, defaultValue) ? [] : faultsOf(words);
        foreach (var fault in faults)
        {
            Fault(key, fault);
        }

        return faults.Count == 0 ? words : defaultValue;
    }

    /// <summary>Adds a fault found by a check over several settings.</summary>
    public void Fault(string key, string message) => _faults.Add(new ConfigurationFault(key, message));

    /// <summary>Throws if anything was wrong, keys that nobody asked for included.</summary>
    public void RequireNoFaults(string source)
    {
        foreach (var key in _values.Keys.Where(k => !_known.Contains(k)).Order(StringComparer.Ordinal))
        {
            _faults.Add(new ConfigurationFault(key, "there is no such setting; docs/configuration.md lists them"));
        }

        if (_faults.Count > 0)
        {
            throw new ConfigurationException(source, _faults);
        }
    }

    private static TimeSpan? ParseDuration(string text)
    {
        if (text.Length < 2 || !int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var count))
        {
            return null;
        }

        return text[^1] switch
        {
            's' => TimeSpan.FromSeconds(count),
            'm' => TimeSpan.FromMinutes(count),
            'h' => TimeSpan.FromHours(count),
            'd' => TimeSpan.FromDays(count),
            _ => null,
        };
    }

    private static string Show(TimeSpan value) => value switch
    {
        { Ticks: var t } when t % TimeSpan.TicksPerDay == 0 => $"{value.TotalDays:0}d",
        { Ticks: var t } when t % TimeSpan.TicksPerHour == 0 => $"{value.TotalHours:0}h",
        { Ticks: var t } when t % TimeSpan.TicksPerMinute == 0 => $"{value.TotalMinutes:0}m",
        _ => $"{value.TotalSeconds:0}s",
    };

    private static IPNetwork[]? ParseNetworks(string text)
    {
        var networks = new List<IPNetwork>();
        foreach (var part in text.Split([' ', ',', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            // Bits behind the prefix, as in 10.0.0.1/8, are a slip that would name more than was meant.
            if (IPNetwork.TryParse(part, out var network) && network.BaseAddress.Equals(IPAddress.Parse(part[..part.IndexOf('/', StringComparison.Ordinal)])))
            {
                networks.Add(network);
            }
            else if (IPAddress.TryParse(part, out var address) && part.Any(c => c is '.' or ':'))
            {
                networks.Add(new IPNetwork(address, address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128));
            }
            else if (part != "none" || text.Trim() != "none")
            {
                return null;
            }
        }

        return [.. networks];
    }

    private static IPEndPoint[]? ParseEndPoints(string text)
    {
        var endPoints = new List<IPEndPoint>();
        foreach (var part in text.Split([' ', ',', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            // Without a port IPEndPoint takes 0, which would be a random one.
            if (!IPEndPoint.TryParse(part, out var endPoint) || !part.EndsWith($":{endPoint.Port}", StringComparison.Ordinal))
            {
                return null;
            }

            endPoints.Add(endPoint);
        }

        return endPoints.Count == 0 ? null : [.. endPoints];
    }

    private T Read<T>(string key, T defaultValue, string shownDefault, Func<string, T?> parse, string expected)
        where T : class => ReadWith(key, defaultValue, shownDefault, text => parse(text) is { } value ? (true, value) : (false, defaultValue), expected);

    private T Read<T>(string key, T defaultValue, string shownDefault, Func<string, T?> parse, string expected)
        where T : struct => ReadWith(key, defaultValue, shownDefault, text => parse(text) is { } value ? (true, value) : (false, defaultValue), expected);

    private T ReadWith<T>(string key, T defaultValue, string shownDefault, Func<string, (bool IsValid, T Value)> parse, string expected)
    {
        _known.Add(key);
        Catalogue.Add((key, shownDefault));
        if (!_values.TryGetValue(key, out var text) || text.Length == 0)
        {
            return defaultValue;
        }

        var (isValid, value) = parse(text);
        if (!isValid)
        {
            Fault(key, $"'{text}' is not {expected}");
        }

        return value;
    }
}
