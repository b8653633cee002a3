using Postern.Contracts.Api;

namespace Postern.Cli.Selection;

/// <summary>Where an SSH connection goes.</summary>
/// <param name="Project">The project.</param>
/// <param name="Environment">The environment.</param>
/// <param name="Name">The app, or <c>app--worker</c>; empty where the environment has no apps.</param>
/// <param name="Destination">User and host.</param>
internal sealed record Container(Project Project, ProjectEnvironment Environment, string Name, SshDestination Destination)
{
    public string Label => Name.Length > 0 ? $"{Project.Id}-{Environment.Id}--{Name}" : $"{Project.Id}-{Environment.Id}";
}
