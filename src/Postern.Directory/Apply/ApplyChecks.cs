using Postern.Directory.Organizations;
using Postern.Directory.Projects;

namespace Postern.Directory.Apply;

/// <summary>Checks a document against what the database holds; changes nothing.</summary>
internal sealed class ApplyChecks(ApplyState state, ApplyFaults faults)
{
    public void Check(ApplyDocument document)
    {
        foreach (var email in ApplyState.Emails(document).Where(e => state.FindUser(e.Value) is null))
        {
            faults.Add(email.Path, email.Line, $"there is no account {email.Value}; make it with: postern-server user add {email.Value}");
        }

        foreach (var organization in document.Organizations)
        {
            CheckOrganization(organization);
        }

        foreach (var project in document.Projects)
        {
            CheckProject(project, document);
        }
    }

    private void CheckOrganization(DeclaredOrganization declared)
    {
        var isNew = !state.Organizations.ContainsKey(declared.Name.Value);
        if (isNew && declared.Owner is null)
        {
            faults.Add(declared.Name.Path, declared.Name.Line, "the organization is new; 'owner' must say whose it is.");
        }

        var ownerId = declared.Owner is { } owner
            ? state.FindUser(owner.Value)?.Id
            : state.Organizations.GetValueOrDefault(declared.Name.Value)?.OwnerId;
        foreach (var member in declared.Members ?? [])
        {
            if (ownerId is not null && state.FindUser(member.Email.Value) is { } user
                && (user.Id == ownerId) != (member.Role == OrganizationRole.Owner))
            {
                faults.Add(
                    member.Email.Path,
                    member.Email.Line,
                    "an organization has one owner, named by 'owner'; others are admin or member.");
            }
        }
    }

    private void CheckProject(DeclaredProject declared, ApplyDocument document)
    {
        var isNew = !state.Projects.ContainsKey(declared.Id.Value);
        if (isNew && declared.Organization is null)
        {
            faults.Add(declared.Id.Path, declared.Id.Line, "the project is new; 'organization' must say whose it is.");
        }

        if (declared.Organization is { } organization
            && !state.Organizations.ContainsKey(organization.Value)
            && document.Organizations.All(o => o.Name.Value != organization.Value))
        {
            faults.Add(organization.Path, organization.Line, $"there is no organization {organization.Value}; declare it.");
        }

        CheckEnvironments(declared);
    }

    private void CheckEnvironments(DeclaredProject declared)
    {
        var present = state.Environments.Where(e => e.ProjectId == declared.Id.Value).ToList();
        var names = declared.Environments.Select(e => e.Name.Value)
            .Concat(present.Select(e => e.Name)).ToHashSet(StringComparer.Ordinal);
        var defaultBranch = EnvironmentDefaults.DefaultBranch(declared, state);
        var types = present.ToDictionary(e => e.Name, e => e.Type, StringComparer.Ordinal);
        var parents = present.ToDictionary(e => e.Name, e => e.Parent, StringComparer.Ordinal);
        foreach (var environment in declared.Environments)
        {
            var name = environment.Name.Value;
            types[name] = environment.Type ?? types.GetValueOrDefault(name, EnvironmentDefaults.Type(name, defaultBranch));
            parents[name] = environment.Parent?.Value ?? parents.GetValueOrDefault(name, EnvironmentDefaults.Parent(name, defaultBranch, names));
            if (environment.Parent is { } parent && !names.Contains(parent.Value))
            {
                faults.Add(parent.Path, parent.Line, $"there is no environment {parent.Value} in this project.");
            }
        }

        var production = types.Where(t => t.Value == EnvironmentType.Production).Select(t => t.Key).ToList();
        if (declared.Environments.Count > 0 && production.Count != 1)
        {
            var found = production.Count == 0 ? "none" : string.Join(", ", production);
            faults.Add(declared.Id.Path, declared.Id.Line, $"a project has exactly one production environment; this one has: {found}.");
        }

        foreach (var environment in declared.Environments.Where(e => IsItsOwnAncestor(e.Name.Value, parents)))
        {
            faults.Add(environment.Name.Path, environment.Name.Line, "the environment is its own parent, directly or by others.");
        }
    }

    private static bool IsItsOwnAncestor(string name, Dictionary<string, string?> parents)
    {
        var current = parents.GetValueOrDefault(name);
        for (var steps = 0; current is not null && steps <= parents.Count; steps++)
        {
            if (current == name)
            {
                return true;
            }

            current = parents.GetValueOrDefault(current);
        }

        return false;
    }
}
