namespace Postern.Contracts.Api;

/// <summary>The regions: <c>GET /regions</c>.</summary>
public sealed record RegionList
{
    /// <summary>All regions.</summary>
    public IReadOnlyList<Region> Regions { get; set; } = [];
}
