using Postern.Directory.Projects;

namespace Postern.Directory.Apply;

/// <summary>What a new environment is when the document does not say.</summary>
internal static class EnvironmentDefaults
{
    public static string DefaultBranch(DeclaredProject declared, ApplyState state) =>
        declared.DefaultBranch ?? state.Projects.GetValueOrDefault(declared.Id.Value)?.DefaultBranch ?? "main";

    public static EnvironmentType Type(string name, string defaultBranch) =>
        name == defaultBranch ? EnvironmentType.Production : EnvironmentType.Development;

    public static string? Parent(string name, string defaultBranch, IReadOnlySet<string> environments) =>
        name != defaultBranch && environments.Contains(defaultBranch) ? defaultBranch : null;
}
