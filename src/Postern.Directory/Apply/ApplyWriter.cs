using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.Organizations;
using Postern.Directory.Projects;
using Postern.Directory.Storage;

namespace Postern.Directory.Apply;

/// <summary>Changes tracked entities until they are as a checked document says, and notes what became of each.</summary>
internal sealed class ApplyWriter(DirectoryContext context, ApplyState state, TimeProvider clock)
{
    private readonly List<ApplyChange> _changes = [];
    private readonly DateTimeOffset _now = clock.GetUtcNow();

    public IReadOnlyList<ApplyChange> Write(ApplyDocument document)
    {
        foreach (var organization in document.Organizations)
        {
            WriteOrganization(organization);
        }

        foreach (var project in document.Projects)
        {
            WriteProject(project);
        }

        return _changes;
    }

    private void WriteOrganization(DeclaredOrganization declared)
    {
        var name = declared.Name.Value;
        var ownerId = declared.Owner is { } owner ? state.FindUser(owner.Value)!.Id : state.Organizations[name].OwnerId;
        if (!state.Organizations.TryGetValue(name, out var organization))
        {
            organization = new Organization { Id = OrganizationId.Create(clock), Name = name, Label = name, CreatedAt = _now, UpdatedAt = _now };
            state.Organizations.Add(name, organization);
            context.Add(organization);
        }

        var formerOwnerId = organization.OwnerId;
        organization.OwnerId = ownerId;
        organization.Label = declared.Label ?? organization.Label;
        organization.RequiresMfa = declared.RequiresMfa ?? organization.RequiresMfa;
        organization.PinsSourceAddress = declared.PinsSourceAddress ?? organization.PinsSourceAddress;
        organization.IsSuspended = declared.IsSuspended ?? organization.IsSuspended;
        Note(organization, $"organization {name}", () => organization.UpdatedAt = _now);
        WritePlaces(organization, declared, formerOwnerId);
    }

    private void WritePlaces(Organization organization, DeclaredOrganization declared, Guid formerOwnerId)
    {
        var places = state.Places.Where(p => p.OrganizationId == organization.Id).ToDictionary(p => p.UserId);
        var wanted = (declared.Members ?? []).ToDictionary(m => state.FindUser(m.Account.Value)!.Id, m => m.Role);

        // Who gave the organization away keeps membership of it; other owners are owners until a list says otherwise.
        if (declared.Members is null && formerOwnerId != organization.OwnerId && places.ContainsKey(formerOwnerId))
        {
            wanted[formerOwnerId] = OrganizationRole.Member;
        }

        wanted[organization.OwnerId] = OrganizationRole.Owner;
        foreach (var (userId, role) in wanted)
        {
            if (!places.TryGetValue(userId, out var place))
            {
                place = new OrganizationMember { OrganizationId = organization.Id, UserId = userId, CreatedAt = _now, UpdatedAt = _now };
                context.Add(place);
            }

            place.Role = role;
            Note(place, $"member {userId} of organization {organization.Name}", () => place.UpdatedAt = _now);
        }

        if (declared.Members is not null)
        {
            // A machine user is nothing without its organization, which deletes it on its pages.
            Remove(
                places.Values.Where(p => !wanted.ContainsKey(p.UserId) && !state.Machines.ContainsKey(p.UserId)),
                p => $"member {p.UserId} of organization {organization.Name}");
        }
    }

    private void WriteProject(DeclaredProject declared)
    {
        var id = declared.Id.Value;
        var defaultBranch = EnvironmentDefaults.DefaultBranch(declared, state);
        if (!state.Projects.TryGetValue(id, out var project))
        {
            project = new Project
            {
                Id = id,
                Title = id,
                OrganizationId = "",
                Region = "local",
                Entropy = ProjectId.CreateEntropy(),
                DefaultBranch = defaultBranch,
                CreatedAt = _now,
                UpdatedAt = _now,
            };
            project.OrganizationId = state.Organizations[declared.Organization!.Value.Value].Id;
            context.Add(project);
        }

        project.Title = declared.Title ?? project.Title;
        project.OrganizationId = declared.Organization is { } organization
            ? state.Organizations[organization.Value].Id : project.OrganizationId;
        project.Region = declared.Region ?? project.Region;
        project.DefaultBranch = defaultBranch;
        project.IsSuspended = declared.IsSuspended ?? project.IsSuspended;
        Note(project, $"project {id}", () => project.UpdatedAt = _now);
        WriteMembers(project, declared);
        var names = state.Environments.Where(e => e.ProjectId == id).Select(e => e.Name)
            .Concat(declared.Environments.Select(e => e.Name.Value)).ToHashSet(StringComparer.Ordinal);
        foreach (var environment in declared.Environments)
        {
            WriteEnvironment(project, environment, names);
        }
    }

    private void WriteMembers(Project project, DeclaredProject declared)
    {
        if (declared.Members is null)
        {
            return;
        }

        var members = state.Members.Where(m => m.ProjectId == project.Id).ToDictionary(m => m.UserId);
        var wanted = new HashSet<Guid>();
        foreach (var declaredMember in declared.Members)
        {
            var userId = state.FindUser(declaredMember.Account.Value)!.Id;
            wanted.Add(userId);
            if (!members.TryGetValue(userId, out var member))
            {
                member = new ProjectMember { ProjectId = project.Id, UserId = userId, CreatedAt = _now, UpdatedAt = _now };
                context.Add(member);
            }

            member.Role = declaredMember.Role;
            member.ProductionRole = declaredMember.Production;
            member.StagingRole = declaredMember.Staging;
            member.DevelopmentRole = declaredMember.Development;
            Note(member, $"member {userId} of project {project.Id}", () => member.UpdatedAt = _now);
        }

        Remove(members.Values.Where(m => !wanted.Contains(m.UserId)), m => $"member {m.UserId} of project {project.Id}");
    }

    private void WriteEnvironment(Project project, DeclaredEnvironment declared, IReadOnlySet<string> names)
    {
        var name = declared.Name.Value;
        var environment = state.Environments.Find(e => e.ProjectId == project.Id && e.Name == name);
        if (environment is null)
        {
            environment = new ProjectEnvironment
            {
                ProjectId = project.Id,
                Name = name,
                MachineName = MachineName.FromBranch(name),
                Title = name,
                Type = EnvironmentDefaults.Type(name, project.DefaultBranch),
                Status = EnvironmentStatus.Active,
                Parent = EnvironmentDefaults.Parent(name, project.DefaultBranch, names),
                CreatedAt = _now,
                UpdatedAt = _now,
            };
            context.Add(environment);
        }

        environment.Title = declared.Title ?? environment.Title;
        environment.Type = declared.Type ?? environment.Type;
        environment.Status = declared.Status ?? environment.Status;
        environment.Parent = declared.Parent?.Value ?? environment.Parent;
        if (declared.Content?.ToJson() is { } json && json != environment.Deployment)
        {
            environment.Deployment = json;
            environment.TreeId = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(json)))[..40];
            environment.DeployedAt = _now;
        }

        Note(environment, $"environment {project.Id}/{name}", () => environment.UpdatedAt = _now);
    }

    private void Note(object entity, string subject, Action touch)
    {
        var outcome = context.Entry(entity).State switch
        {
            EntityState.Added => ApplyOutcome.Created,
            EntityState.Modified => ApplyOutcome.Updated,
            _ => ApplyOutcome.Unchanged,
        };
        if (outcome == ApplyOutcome.Updated)
        {
            touch();
        }

        _changes.Add(new ApplyChange(outcome, subject));
    }

    private void Remove<T>(IEnumerable<T> entities, Func<T, string> subject)
        where T : class
    {
        foreach (var entity in entities)
        {
            context.Remove(entity);
            _changes.Add(new ApplyChange(ApplyOutcome.Removed, subject(entity)));
        }
    }
}
