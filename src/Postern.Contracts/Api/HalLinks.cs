using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Postern.Contracts.Api;

/// <summary>
/// The <c>_links</c> of a HAL resource, in the order they were added. A relation holds one link (an object in JSON)
/// or several (an array, as for <c>pf:routes</c>).
/// </summary>
[JsonConverter(typeof(HalLinksConverter))]
public sealed class HalLinks : IEnumerable<KeyValuePair<string, IReadOnlyList<HalLink>>>
{
    private readonly Dictionary<string, (IReadOnlyList<HalLink> Links, bool IsArray)> _relations = [];

    /// <summary>The relations' names, in order.</summary>
    public IEnumerable<string> Relations => _relations.Keys;

    /// <summary>Adds or replaces a relation with one link.</summary>
    /// <param name="relation">The name, such as <c>self</c> or <c>pf:ssh:app</c>.</param>
    /// <param name="href">The address.</param>
    public void Add(string relation, string href) => _relations[relation] = ([new HalLink(href)], IsArray: false);

    /// <summary>Adds or replaces a relation that is written as an array, empty or not.</summary>
    /// <param name="relation">The name, such as <c>pf:routes</c>.</param>
    /// <param name="links">The links.</param>
    public void AddArray(string relation, IEnumerable<HalLink> links) => _relations[relation] = ([.. links], IsArray: true);

    /// <summary>The address of a relation's first link.</summary>
    /// <param name="relation">The name.</param>
    /// <param name="href">The address, when there is one.</param>
    /// <returns>False when the relation is absent: not allowed or not available.</returns>
    public bool TryGetHref(string relation, [NotNullWhen(true)] out string? href)
    {
        href = _relations.TryGetValue(relation, out var found) && found.Links.Count > 0 ? found.Links[0].Href : null;
        return href is not null;
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, IReadOnlyList<HalLink>>> GetEnumerator() =>
        _relations.Select(r => KeyValuePair.Create(r.Key, r.Value.Links)).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal bool IsWrittenAsArray(string relation) => _relations[relation].IsArray;
}
