using Postern.Directory.Deployments;

namespace Postern.Gateway.Connections;

/// <summary>What an interactive shell says first; never seen by a session without a terminal.</summary>
internal static class WelcomeMessage
{
    private const string Art = """

          ___         _
         | _ \___ ___| |_ ___ _ _ _ _
         |  _/ _ (_-<  _/ -_) '_| ' \
         |_| \___/__/\__\___|_| |_||_|

        """;

    /// <summary>The message for an environment: its name, not its machine name.</summary>
    public static string For(DeployedEnvironment environment) =>
        $"{Art}\n Welcome to Postern.\n\n This is environment {Refusals.Refusal.Printable(environment.Name)}\n of project {environment.ProjectId}.\n\n";
}
