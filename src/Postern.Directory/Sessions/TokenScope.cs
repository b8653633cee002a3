using Postern.Directory.Projects;
using Postern.Directory.Rules;

namespace Postern.Directory.Sessions;

/// <summary>How much of its account's rights an API token has. What it leaves out does not exist to the token.</summary>
/// <param name="ProjectId">The only project, or null for all of the account.</param>
/// <param name="IsReadOnly">True when it is a viewer everywhere, whatever the account is.</param>
public sealed record TokenScope(string? ProjectId, bool IsReadOnly)
{
    /// <summary>All that the account may do: sign-ins of people, and tokens without a scope.</summary>
    public static TokenScope Full { get; } = new(null, false);

    /// <summary>Whether it leaves anything out.</summary>
    public bool IsFull => ProjectId is null && !IsReadOnly;

    /// <summary>Whether a project is within it.</summary>
    public bool Includes(string projectId) => ProjectId is null || ProjectId == projectId;

    /// <summary>What is left of an account's access to a project; nothing adds a right.</summary>
    public ProjectAccess Limit(ProjectAccess access)
    {
        if (!Includes(access.ProjectId))
        {
            return access with
            {
                OrganizationRole = null,
                ProjectRole = null,
                ProductionRole = null,
                StagingRole = null,
                DevelopmentRole = null,
            };
        }

        // Who sees the project at all sees it as a viewer; who does not, sees it no more with a token.
        return !IsReadOnly
            ? access
            : access with
            {
                OrganizationRole = null,
                ProjectRole = AccessRules.RoleOn(access, EnvironmentType.Development) is null ? null : ProjectRole.Viewer,
                ProductionRole = null,
                StagingRole = null,
                DevelopmentRole = null,
            };
    }
}
