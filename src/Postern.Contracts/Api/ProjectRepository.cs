namespace Postern.Contracts.Api;

/// <summary>Where a project's Git repository is.</summary>
public sealed record ProjectRepository
{
    /// <summary>The clone address.</summary>
    public string Url { get; set; } = "";

    /// <summary>The project's own public key, for private dependencies.</summary>
    public string? ClientSshKey { get; set; }
}
