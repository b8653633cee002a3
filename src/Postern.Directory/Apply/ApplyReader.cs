using Postern.Directory.Organizations;
using Postern.Directory.Projects;

namespace Postern.Directory.Apply;

/// <summary>Reads the document of <c>docs/apply.md</c>. Looks at nothing but the text.</summary>
internal sealed class ApplyReader(string baseFolder, ApplyFaults faults)
{
    private readonly List<Reference> _sources = [];

    /// <summary>Reads everything that can be read; the result means something only when there are no faults.</summary>
    /// <param name="text">The document.</param>
    /// <param name="baseFolder">Folder that relative source folders start from.</param>
    /// <param name="faults">Receives everything that is wrong.</param>
    public static ApplyDocument? Read(string text, string baseFolder, ApplyFaults faults)
    {
        if (DocumentTree.Read(text, faults) is not { } root || DocumentSection.Open(root, "", faults) is not { } section)
        {
            return null;
        }

        var reader = new ApplyReader(baseFolder, faults);
        var organizations = section.Items("organizations").Select(reader.ReadOrganization).OfType<DeclaredOrganization>().ToList();
        var projects = section.Items("projects").Select(reader.ReadProject).OfType<DeclaredProject>().ToList();
        section.RefuseUnknownKeys();
        reader.RefuseRepeated(organizations.Select(o => o.Name), "organization");
        reader.RefuseRepeated(projects.Select(p => p.Id), "project");
        return new ApplyDocument(organizations, projects, reader._sources);
    }

    private DeclaredOrganization? ReadOrganization(DocumentEntry entry)
    {
        if (DocumentSection.Open(entry.Node, entry.Path, faults) is not { } section)
        {
            return null;
        }

        var organization = new DeclaredOrganization(RequiredReference(section, "name", NameRule.OrganizationName))
        {
            Label = section.Text("label", NameRule.Label),
            Owner = OptionalReference(section, "owner", NameRule.Email),
            RequiresMfa = section.Flag("require_mfa"),
            PinsSourceAddress = section.Flag("pin_source_address"),
            IsSuspended = section.Flag("suspended"),
            Members = section.Has("members") ? [.. section.Entries("members").Select(ReadPlace).OfType<DeclaredPlace>()] : null,
        };
        section.RefuseUnknownKeys();
        RefuseRepeated((organization.Members ?? []).Select(m => m.Account), "member");
        return organization;
    }

    private DeclaredPlace? ReadPlace(DocumentEntry entry)
    {
        var account = ReadAccount(entry);
        var role = DocumentSection.ChoiceOf(
            entry.Node, entry.Path, faults, OrganizationRole.Owner, OrganizationRole.Admin, OrganizationRole.Member);
        return account is null || role is null ? null : new DeclaredPlace(account.Value, role.Value);
    }

    private DeclaredProject? ReadProject(DocumentEntry entry)
    {
        if (DocumentSection.Open(entry.Node, entry.Path, faults) is not { } section)
        {
            return null;
        }

        var deployments = new DeploymentContentReader(baseFolder, faults, _sources);
        var variables = deployments.ReadVariables(section, "variables");
        var project = new DeclaredProject(RequiredReference(section, "id", NameRule.Project))
        {
            Title = section.Text("title", NameRule.Label),
            Organization = OptionalReference(section, "organization", NameRule.OrganizationName),
            Region = section.Text("region", NameRule.Region),
            DefaultBranch = section.Text("default_branch", NameRule.Branch),
            IsSuspended = section.Flag("suspended"),
            Members = section.Has("members") ? [.. section.Entries("members").Select(ReadMember).OfType<DeclaredMember>()] : null,
            Environments =
            [
                .. section.Entries("environments")
                    .Select(e => ReadEnvironment(e, deployments, variables)).OfType<DeclaredEnvironment>(),
            ],
        };
        section.RefuseUnknownKeys();
        RefuseRepeated((project.Members ?? []).Select(m => m.Account), "member");
        return project;
    }

    private DeclaredMember? ReadMember(DocumentEntry entry)
    {
        if (ReadAccount(entry) is not { } account)
        {
            return null;
        }

        if (entry.Node is ScalarNode)
        {
            var role = DocumentSection.ChoiceOf(entry.Node, entry.Path, faults, ProjectRole.Admin, ProjectRole.Viewer);
            return role is null ? null : new DeclaredMember(account, role.Value, null, null, null);
        }

        if (DocumentSection.Open(entry.Node, entry.Path, faults) is not { } section)
        {
            return null;
        }

        var member = new DeclaredMember(
            account,
            section.Choice("role", ProjectRole.Admin, ProjectRole.Viewer) ?? ProjectRole.Viewer,
            ReadEnvironmentRole(section, "production"),
            ReadEnvironmentRole(section, "staging"),
            ReadEnvironmentRole(section, "development"));
        section.RefuseUnknownKeys();
        return member;
    }

    private static EnvironmentRole? ReadEnvironmentRole(DocumentSection section, string key) =>
        section.Choice(key, EnvironmentRole.Admin, EnvironmentRole.Contributor, EnvironmentRole.Viewer);

    private DeclaredEnvironment? ReadEnvironment(
        DocumentEntry entry, DeploymentContentReader deployments, IReadOnlyDictionary<string, string> projectVariables)
    {
        if (NameRule.Branch.FindFault(entry.Name) is { } fault)
        {
            faults.Add(entry.Path, entry.Line, fault);
            return null;
        }

        if (DocumentSection.Open(entry.Node, entry.Path, faults) is not { } section)
        {
            return null;
        }

        var environment = new DeclaredEnvironment(new Reference(entry.Name, entry.Path, entry.Line))
        {
            Title = section.Text("title", NameRule.Label),
            Type = section.Choice("type", EnvironmentType.Production, EnvironmentType.Staging, EnvironmentType.Development),
            Status = section.Choice("status", EnvironmentStatus.Active, EnvironmentStatus.Inactive, EnvironmentStatus.Paused),
            Parent = OptionalReference(section, "parent", NameRule.Branch),
            Content = deployments.Read(section, projectVariables),
        };
        section.RefuseUnknownKeys();
        return environment;
    }

    private Reference? ReadAccount(DocumentEntry entry)
    {
        if (NameRule.Account.FindFault(entry.Name) is { } fault)
        {
            faults.Add(entry.Path, entry.Line, fault);
            return null;
        }

        return new Reference(entry.Name, entry.Path, entry.Line);
    }

    private static Reference RequiredReference(DocumentSection section, string key, NameRule rule) =>
        new(section.RequiredText(key, rule), section.PathOf(key), section.LineOf(key));

    private static Reference? OptionalReference(DocumentSection section, string key, NameRule rule) =>
        section.Text(key, rule) is { } text ? new Reference(text, section.PathOf(key), section.LineOf(key)) : null;

    private void RefuseRepeated(IEnumerable<Reference> names, string kind)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in names.Where(n => n.Value.Length > 0 && !seen.Add(ApplyState.Normalize(n.Value))))
        {
            faults.Add(name.Path, name.Line, $"the {kind} {name.Value} is declared twice.");
        }
    }
}
