namespace Postern.Directory.Projects;

/// <summary>Roles on a project that somebody is given.</summary>
/// <param name="Role">On the whole project.</param>
/// <param name="Production">On the production environment, or null for none besides.</param>
/// <param name="Staging">On staging environments, or null for none besides.</param>
/// <param name="Development">On development environments, or null for none besides.</param>
public sealed record ProjectGrant(
    ProjectRole Role, EnvironmentRole? Production = null, EnvironmentRole? Staging = null, EnvironmentRole? Development = null)
{
    /// <summary>As the API and the audit trail write it: <c>admin</c>, or <c>viewer</c> and <c>development:contributor</c>.</summary>
    public IReadOnlyList<string> Permissions => Role == ProjectRole.Admin
        ? ["admin"]
        :
        [
            "viewer",
            .. new[] { ("production", Production), ("staging", Staging), ("development", Development) }
                .Where(given => given.Item2 is not null)
                .Select(given => $"{given.Item1}:{given.Item2!.Value.ToString().ToLowerInvariant()}"),
        ];

    /// <summary>The roles of a row.</summary>
    public static ProjectGrant Of(ProjectMember member) =>
        new(member.Role, member.ProductionRole, member.StagingRole, member.DevelopmentRole);

    /// <summary>
    /// Reads what <see cref="Permissions"/> writes; null when it is anything else. At most one role for a type, and nothing
    /// besides <c>admin</c>.
    /// </summary>
    public static ProjectGrant? TryRead(IReadOnlyList<string>? permissions)
    {
        if (permissions is ["admin"])
        {
            return new ProjectGrant(ProjectRole.Admin);
        }

        if (permissions is not { Count: > 0 and <= 4 } || permissions.Distinct(StringComparer.Ordinal).Count() != permissions.Count)
        {
            return null;
        }

        var grant = new ProjectGrant(ProjectRole.Viewer);
        foreach (var permission in permissions.Where(p => p != "viewer"))
        {
            var (type, role) = permission?.Split(':') switch
            {
                [var first, var second] => (first, ReadRole(second)),
                _ => ("", null),
            };
            var next = (type, role) switch
            {
                ("production", not null) when grant.Production is null => grant with { Production = role },
                ("staging", not null) when grant.Staging is null => grant with { Staging = role },
                ("development", not null) when grant.Development is null => grant with { Development = role },
                _ => null,
            };
            if (next is null)
            {
                return null;
            }

            grant = next;
        }

        return grant;
    }

    private static EnvironmentRole? ReadRole(string text) => text switch
    {
        "admin" => EnvironmentRole.Admin,
        "contributor" => EnvironmentRole.Contributor,
        "viewer" => EnvironmentRole.Viewer,
        _ => null,
    };
}
