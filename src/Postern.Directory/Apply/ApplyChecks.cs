using Postern.Directory.Organizations;
using Postern.Directory.Projects;

namespace Postern.Directory.Apply;

/// <summary>Checks a document against what the database holds; changes nothing.</summary>
internal sealed class ApplyChecks(ApplyState state, ApplyFaults faults)
{
    public void Check(ApplyDocument document)
    {
        foreach (var account in ApplyState.Accounts(document))
        {
            CheckAccount(account);
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

        var present = state.Organizations.GetValueOrDefault(declared.Name.Value);
        if (declared.Owner is { } named && IsMachine(named))
        {
            faults.Add(named.Path, named.Line, "a machine user owns nothing.");
        }

        var ownerId = declared.Owner is { } owner ? state.FindUser(owner.Value)?.Id : present?.OwnerId;
        foreach (var member in declared.Members ?? [])
        {
            if (IsMachine(member.Account) && member.Role == OrganizationRole.Owner)
            {
                faults.Add(member.Account.Path, member.Account.Line, "a machine user owns nothing.");
            }

            if (ownerId is not null && member.Role != OrganizationRole.Owner && state.FindUser(member.Account.Value)?.Id == ownerId)
            {
                faults.Add(
                    member.Account.Path,
                    member.Account.Line,
                    declared.Owner is null
                        ? "this is the owner that the organization has; 'owner' says who it is instead."
                        : "'owner' names this account, so it is owner here too.");
            }

            CheckMachine(member.Account, present?.Id);
        }
    }

    // An account whose address nobody proved may be anybody's: roles that are meant for the person would be theirs.
    private void CheckAccount(Reference account)
    {
        var isMachineName = MachineUser.IsUserName(account.Value);
        if (state.FindUser(account.Value) is not { } user || IsMachine(account) != isMachineName)
        {
            faults.Add(
                account.Path,
                account.Line,
                isMachineName
                    ? $"there is no {account.Value}; an administrator of the organization makes machine users on its pages."
                    : $"there is no account {account.Value}; make it with: postern-server user add {account.Value}");
        }
        else if (!isMachineName && !user.EmailConfirmed)
        {
            var origin = state.Inviters.TryGetValue(user.Id, out var label) ? $"an invitation of {label} made this account, and its address" : "the address of this account";
            faults.Add(
                account.Path,
                account.Line,
                $"{origin} was never confirmed, so it may be somebody else's. If it is theirs: postern-server user confirm {account.Value}; "
                + $"if not: postern-server user delete {account.Value}");
        }
    }

    private bool IsMachine(Reference account) => state.FindUser(account.Value) is { } user && state.Machines.ContainsKey(user.Id);

    // Who looks after a machine user makes its tokens, so a role of it is a role of theirs.
    private void CheckMachine(Reference account, string? organizationId)
    {
        if (state.FindUser(account.Value) is { } user
            && state.Machines.TryGetValue(user.Id, out var home) && home != organizationId)
        {
            faults.Add(account.Path, account.Line, "this is a machine user of another organization.");
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

        foreach (var member in declared.Members ?? [])
        {
            CheckMachine(member.Account, state.OrganizationOf(declared));
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
