using System.Text.Json.Serialization;

namespace Postern.Contracts.Api;

/// <summary>The grants of a user, with links to the references of what they name.</summary>
public sealed record ExtendedAccessList
{
    /// <summary>The grants of this page.</summary>
    public IReadOnlyList<ExtendedAccess> Items { get; set; } = [];

    /// <summary><c>ref:projects:N</c>, <c>ref:organizations:N</c>, and <c>next</c> when there is another page.</summary>
    [JsonPropertyName("_links")]
    public HalLinks Links { get; set; } = new();
}
