using Postern.Directory.Projects;

namespace Postern.Directory.Rules;

/// <summary>Reads <c>access.ssh</c> of an app or worker.</summary>
public static class SshAccess
{
    /// <summary>
    /// The least role for a text of <see cref="Deployments.DeployedApp.SshAccess"/>. Anything but the three known words
    /// means administrators only: a word that is not understood must not open a door.
    /// </summary>
    public static EnvironmentRole LeastRole(string text) => text switch
    {
        "viewer" => EnvironmentRole.Viewer,
        "contributor" => EnvironmentRole.Contributor,
        _ => EnvironmentRole.Admin,
    };
}
