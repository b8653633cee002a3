using Microsoft.EntityFrameworkCore;
using Postern.Directory.Organizations;
using Postern.Directory.People;
using Postern.Directory.Projects;
using Postern.Directory.Storage;

namespace Postern.Directory.Apply;

/// <summary>What the database holds of the things that a document names.</summary>
internal sealed class ApplyState
{
    private readonly Dictionary<string, User> _users;

    private ApplyState(IEnumerable<User> users) =>
        _users = users.ToDictionary(u => u.NormalizedEmail!, StringComparer.Ordinal);

    public required Dictionary<string, Organization> Organizations { get; init; }

    public required List<OrganizationMember> Places { get; init; }

    public required Dictionary<string, Project> Projects { get; init; }

    public required List<ProjectMember> Members { get; init; }

    public required List<ProjectEnvironment> Environments { get; init; }

    public static async Task<ApplyState> LoadAsync(
        DirectoryContext context, ApplyDocument document, CancellationToken cancellationToken)
    {
        var emails = Emails(document).Select(e => Normalize(e.Value)).Distinct(StringComparer.Ordinal).ToList();
        var names = document.Organizations.Select(o => o.Name.Value)
            .Concat(document.Projects.Where(p => p.Organization is not null).Select(p => p.Organization!.Value.Value))
            .Distinct(StringComparer.Ordinal).ToList();
        var ids = document.Projects.Select(p => p.Id.Value).Distinct(StringComparer.Ordinal).ToList();
        var organizations = await context.Organizations.Where(o => names.Contains(o.Name)).ToListAsync(cancellationToken);
        var organizationIds = organizations.ConvertAll(o => o.Id);
        return new ApplyState(await context.Users.Where(u => emails.Contains(u.NormalizedEmail!)).ToListAsync(cancellationToken))
        {
            Organizations = organizations.ToDictionary(o => o.Name, StringComparer.Ordinal),
            Places = await context.OrganizationMembers
                .Where(m => organizationIds.Contains(m.OrganizationId)).ToListAsync(cancellationToken),
            Projects = await context.Projects.Where(p => ids.Contains(p.Id))
                .ToDictionaryAsync(p => p.Id, StringComparer.Ordinal, cancellationToken),
            Members = await context.ProjectMembers.Where(m => ids.Contains(m.ProjectId)).ToListAsync(cancellationToken),
            Environments = await context.Environments.Where(e => ids.Contains(e.ProjectId)).ToListAsync(cancellationToken),
        };
    }

    public static IEnumerable<Reference> Emails(ApplyDocument document) =>
        document.Organizations.Where(o => o.Owner is not null).Select(o => o.Owner!.Value)
            .Concat(document.Organizations.SelectMany(o => o.Members ?? []).Select(m => m.Email))
            .Concat(document.Projects.SelectMany(p => p.Members ?? []).Select(m => m.Email));

    public User? FindUser(string email) => _users.GetValueOrDefault(Normalize(email));

    /// <summary>As ASP.NET Core Identity normalizes addresses.</summary>
    public static string Normalize(string email) => email.Normalize().ToUpperInvariant();
}
