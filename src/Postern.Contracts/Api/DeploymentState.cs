namespace Postern.Contracts.Api;

/// <summary>The last deployment of an environment.</summary>
public sealed record DeploymentState
{
    /// <summary>When it ended.</summary>
    public DateTimeOffset? LastDeploymentAt { get; init; }

    /// <summary>True when it succeeded.</summary>
    public bool LastDeploymentSuccessful { get; init; }

    /// <summary>Whether scheduled commands run.</summary>
    public CronState Crons { get; init; } = new();
}
