namespace Postern.Contracts.WellKnown;

/// <summary>How the service's projects are recognised.</summary>
public sealed record DetectionSection
{
    /// <summary>The name of the Git remote.</summary>
    public string GitRemoteName { get; set; } = "postern";

    /// <summary>The domain of Git addresses, such as <c>postern.test</c>.</summary>
    public string GitDomain { get; set; } = "";

    /// <summary>Domains of the environments' web sites.</summary>
    public IReadOnlyList<string> SiteDomains { get; set; } = [];

    /// <summary>The HTTP header that names project and environment.</summary>
    public string ClusterHeader { get; set; } = "X-Platform-Cluster";
}
