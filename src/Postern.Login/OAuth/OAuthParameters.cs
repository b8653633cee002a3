using Microsoft.Extensions.Primitives;

namespace Postern.Login.OAuth;

/// <summary>
/// The parameters of one request: each at most once, and one without a value counts as not sent (RFC 6749 section 3.1).
/// </summary>
internal sealed class OAuthParameters
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    private readonly HashSet<string> _repeated = new(StringComparer.Ordinal);

    public OAuthParameters(IEnumerable<KeyValuePair<string, StringValues>> pairs)
    {
        foreach (var (name, values) in pairs)
        {
            if (values.Count > 1)
            {
                _repeated.Add(name);
            }

            if (values.Count > 0 && !string.IsNullOrEmpty(values[0]))
            {
                _values[name] = values[0]!;
            }
        }
    }

    /// <summary>A parameter that was sent more than once, or null.</summary>
    public string? FirstRepeated => _repeated.Order(StringComparer.Ordinal).FirstOrDefault();

    /// <summary>The value, or null when it was not sent.</summary>
    public string? this[string name] => _values.GetValueOrDefault(name);

    /// <summary>Whether this parameter was sent more than once.</summary>
    public bool IsRepeated(string name) => _repeated.Contains(name);

    /// <summary>A parameter whose value is longer than allowed, or null.</summary>
    public string? FirstLongerThan(int limit, params ReadOnlySpan<string> except)
    {
        foreach (var (name, value) in _values)
        {
            if (value.Length > limit && !except.Contains(name))
            {
                return name;
            }
        }

        return null;
    }
}
