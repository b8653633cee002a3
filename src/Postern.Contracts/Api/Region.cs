namespace Postern.Contracts.Api;

/// <summary>A region: an item of <c>GET /regions</c>.</summary>
public sealed record Region
{
    /// <summary>The host name part, such as <c>local.postern.test</c>.</summary>
    public string Id { get; set; } = "";

    /// <summary>The name people read.</summary>
    public string Label { get; set; } = "";

    /// <summary>The name in a list to choose from.</summary>
    public string SelectionLabel { get; set; } = "";

    /// <summary>True when projects can be made there.</summary>
    public bool Available { get; set; }

    /// <summary>True when not open to all.</summary>
    public bool Private { get; set; }

    /// <summary>The part of the world.</summary>
    public string Zone { get; set; } = "";

    /// <summary>The address of its API.</summary>
    public string Endpoint { get; set; } = "";

    /// <summary>Who owns the machines.</summary>
    public string Provider { get; set; } = "";

    /// <summary>Its time zone.</summary>
    public string Timezone { get; set; } = "UTC";
}
