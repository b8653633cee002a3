namespace Postern.Contracts.Api;

/// <summary>A writable directory of an app.</summary>
public sealed record DeploymentMount
{
    /// <summary><c>local</c>, <c>tmp</c>, <c>service</c> or <c>storage</c>.</summary>
    public string Source { get; set; } = "local";

    /// <summary>The path at the source.</summary>
    public string SourcePath { get; set; } = "";
}
