using System.Globalization;

namespace Postern.Directory.Apply;

/// <summary>Reads the keys of one mapping; what is wrong goes to the faults and the caller gets a value to go on with.</summary>
internal sealed class DocumentSection
{
    private readonly Dictionary<string, DocumentNode> _values;
    private readonly MappingNode _node;
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    private DocumentSection(MappingNode node, string path, ApplyFaults faults)
    {
        _node = node;
        _values = node.Entries.ToDictionary(e => e.Key.Value, e => e.Value, StringComparer.Ordinal);
        Path = path;
        Faults = faults;
    }

    public string Path { get; }

    public int Line => _node.Line;

    public ApplyFaults Faults { get; }

    /// <summary>Opens a mapping; null and a fault for anything else. An empty value is an empty mapping.</summary>
    public static DocumentSection? Open(DocumentNode node, string path, ApplyFaults faults)
    {
        switch (node)
        {
            case MappingNode mapping:
                return new DocumentSection(mapping, path, faults);
            case ScalarNode { IsNull: true }:
                return new DocumentSection(new MappingNode([], node.Line), path, faults);
            default:
                faults.Add(path, node.Line, "keys and values are expected here (a mapping).");
                return null;
        }
    }

    public string PathOf(string key) => DocumentPath.Append(Path, key);

    /// <summary>Line of a key's value, or of the section when the key is not there.</summary>
    public int LineOf(string key) => _values.TryGetValue(key, out var node) ? node.Line : Line;

    /// <summary>The value of a key, or null when it is absent or empty.</summary>
    public DocumentNode? Find(string key)
    {
        _known.Add(key);
        return _values.TryGetValue(key, out var node) && node is not ScalarNode { IsNull: true } ? node : null;
    }

    /// <summary>True when the key is written, even with an empty value.</summary>
    public bool Has(string key)
    {
        _known.Add(key);
        return _values.ContainsKey(key);
    }

    /// <summary>A text that the rule accepts; null when it is absent or faulty.</summary>
    public string? Text(string key, NameRule rule)
    {
        if (Find(key) is not { } node)
        {
            return null;
        }

        if (node is not ScalarNode scalar)
        {
            Faults.Add(PathOf(key), node.Line, "a text is expected here.");
            return null;
        }

        if (rule.FindFault(scalar.Value) is { } fault)
        {
            Faults.Add(PathOf(key), node.Line, fault);
            return null;
        }

        return scalar.Value;
    }

    /// <summary>A text that must be there; a stand-in when it is not, and a fault.</summary>
    public string RequiredText(string key, NameRule rule)
    {
        if (Find(key) is null)
        {
            Faults.Add(Path, Line, $"'{key}' is missing; it is {rule.Expectation}.");
            return "";
        }

        return Text(key, rule) ?? "";
    }

    /// <summary>true or false; null when it is absent or faulty.</summary>
    public bool? Flag(string key)
    {
        switch (Find(key))
        {
            case null:
                return null;
            case ScalarNode { IsPlain: true, Value: "true" }:
                return true;
            case ScalarNode { IsPlain: true, Value: "false" }:
                return false;
            case var node:
                Faults.Add(PathOf(key), node.Line, "use true or false.");
                return null;
        }
    }

    /// <summary>A whole number between two bounds; the default when it is absent or faulty.</summary>
    public int Number(string key, int standard, int lowest, int highest)
    {
        if (Find(key) is not { } node)
        {
            return standard;
        }

        if (node is ScalarNode scalar
            && int.TryParse(scalar.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number >= lowest && number <= highest)
        {
            return number;
        }

        Faults.Add(PathOf(key), node.Line, $"use a whole number from {lowest} to {highest}.");
        return standard;
    }

    /// <summary>One of the names of an enumeration in lower case; null when it is absent or faulty.</summary>
    public T? Choice<T>(string key, params T[] allowed)
        where T : struct, Enum =>
        Find(key) is { } node ? ChoiceOf(node, PathOf(key), Faults, allowed) : null;

    /// <summary>The same for a node that has no key of its own.</summary>
    public static T? ChoiceOf<T>(DocumentNode node, string path, ApplyFaults faults, params T[] allowed)
        where T : struct, Enum
    {
        var names = allowed.Select(value => value.ToString().ToLowerInvariant()).ToList();
        var index = node is ScalarNode scalar ? names.IndexOf(scalar.Value) : -1;
        if (index >= 0)
        {
            return allowed[index];
        }

        faults.Add(path, node.Line, $"use one of: {string.Join(", ", names)}.");
        return null;
    }

    /// <summary>The entries below a key whose keys are names that the person chose.</summary>
    public IEnumerable<DocumentEntry> Entries(string key)
    {
        if (Find(key) is not { } node || Open(node, PathOf(key), Faults) is not { } section)
        {
            return [];
        }

        return section._node.Entries.Select(e => new DocumentEntry(e.Key.Value, e.Value, section.PathOf(e.Key.Value), e.Key.Line));
    }

    /// <summary>The items of a list below a key.</summary>
    public IEnumerable<DocumentEntry> Items(string key)
    {
        switch (Find(key))
        {
            case null:
                return [];
            case ListNode list:
                return list.Items.Select((item, i) => new DocumentEntry("", item, $"{PathOf(key)}[{i}]", item.Line));
            case var node:
                Faults.Add(PathOf(key), node.Line, "a list is expected here.");
                return [];
        }
    }

    /// <summary>Reports every key that nothing asked for; call it last.</summary>
    public void RefuseUnknownKeys()
    {
        foreach (var key in _node.Entries.Select(e => e.Key).Where(k => !_known.Contains(k.Value)))
        {
            Faults.Add(PathOf(key.Value), key.Line, $"this key is not known here; known are: {string.Join(", ", _known.Order(StringComparer.Ordinal))}.");
        }
    }
}
