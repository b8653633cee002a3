namespace Postern.Cli.Configuration;

/// <summary>
/// What a server may set in a person's ssh. ssh runs commands that its configuration names (ProxyCommand, Match exec
/// and more), so a server gets only what is needed to reach its own gateway. A person's own files stay free.
/// </summary>
internal static class ServerRules
{
    private const int MaxDomainLength = 253;

    private static readonly string[] AllowedOptions =
        ["HostName", "Port", "HostKeyAlias", "HostKeyAlgorithms", "ConnectTimeout", "ServerAliveInterval", "ServerAliveCountMax"];

    /// <summary>Adds a fault for everything that a server may not set.</summary>
    public static void Check(ConfigurationLayer layer, List<string> faults)
    {
        foreach (var (key, value) in layer.Values)
        {
            // The service's name stands in ~/.ssh/config, where a line break would begin a setting.
            if (value.Scalar?.Any(char.IsControl) == true)
            {
                faults.Add($"{value.Place}: {key}: a server may not set a text with control characters");
            }
        }

        foreach (var option in Items(layer, "ssh.options").Where(o => !IsAllowedOption(o)))
        {
            faults.Add($"{layer.Origin}: ssh.options: a server may not set '{option}', only {string.Join(", ", AllowedOptions)}, each with one plain value; if you trust it, put the line into your own configuration");
        }

        foreach (var pattern in Items(layer, "ssh.domain_wildcards").Where(p => !IsOwnDomain(p)))
        {
            faults.Add($"{layer.Origin}: ssh.domain_wildcards: a server may only claim a whole domain such as *.example.com, not '{pattern}'");
        }
    }

    private static IReadOnlyList<string?> Items(ConfigurationLayer layer, string key) => layer.Values.GetValueOrDefault(key)?.List ?? [];

    private static bool IsAllowedOption(string? option)
    {
        var end = option?.IndexOfAny([' ', '\t', '=']) ?? -1;
        if (end < 0 || !AllowedOptions.Contains(option![..end], StringComparer.OrdinalIgnoreCase))
        {
            return false;
        }

        // A HostName goes as %h into the person's own ProxyCommand, which a shell runs.
        var value = option[end..].Trim(' ', '\t', '=');
        return value.Length > 0 && value[0] != '-' && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or ':' or ',' or '@' or '+' or '^');
    }

    private static bool IsOwnDomain(string? pattern)
    {
        if (pattern?.StartsWith("*.", StringComparison.Ordinal) != true || pattern.Length > MaxDomainLength)
        {
            return false;
        }

        var labels = pattern[2..].Split('.');
        return labels.All(l => l.Length > 0 && l.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
            && (labels.Length > 1 || string.Equals(labels[0], "localhost", StringComparison.OrdinalIgnoreCase));
    }
}
