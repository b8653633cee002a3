namespace Postern.Targets.Sandboxes;

/// <summary>What a sandbox is made of.</summary>
internal sealed record SandboxSpecification
{
    /// <summary>For logs and errors, such as <c>project-machine/app.0</c>.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// The folder on this machine that holds everything of the sandbox; the user it runs as sees nothing above it.
    /// </summary>
    public required string Directory { get; init; }

    /// <summary>Path below <see cref="Directory"/> of the log: what launchers and command print as errors.</summary>
    public required string LogName { get; init; }

    /// <summary>The host name inside.</summary>
    public required string HostName { get; init; }

    /// <summary>The real user id, or null to run as the server's own, which then is not root.</summary>
    public required uint? RealUserId { get; init; }

    /// <summary>The user and group id inside.</summary>
    public required int InnerUserId { get; init; }

    /// <summary>
    /// The mounts, as arguments of bubblewrap; gets the place where <see cref="Directory"/> is while they are made.
    /// </summary>
    public required Func<string, IEnumerable<string>> Mounts { get; init; }

    /// <summary>
    /// What runs inside. It prints <see cref="Sandbox.ReadyLine"/> on its standard output first; its standard error is
    /// the log. The sandbox ends when it ends.
    /// </summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>
    /// Whether the command is process 1 inside, so that signals reach it; otherwise bubblewrap is, and reaps.
    /// </summary>
    public bool IsCommandFirstProcess { get; init; }
}
