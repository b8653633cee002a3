namespace Postern.Contracts.Api;

/// <summary>The last deployment of an environment.</summary>
public sealed record DeploymentState
{
    /// <summary>When it ended.</summary>
    public DateTimeOffset? LastDeploymentAt { get; set; }

    /// <summary>True when it succeeded.</summary>
    public bool LastDeploymentSuccessful { get; set; }

    /// <summary>Whether scheduled commands run.</summary>
    public CronState Crons { get; set; } = new();
}
