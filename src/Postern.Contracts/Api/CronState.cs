namespace Postern.Contracts.Api;

/// <summary>Whether scheduled commands run.</summary>
public sealed record CronState
{
    /// <summary>True when they run.</summary>
    public bool Enabled { get; set; }

    /// <summary><c>running</c>, <c>paused</c> or empty.</summary>
    public string Status { get; set; } = "";
}
