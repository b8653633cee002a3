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
        _users = users.ToDictionary(u => u.NormalizedEmail ?? u.NormalizedUserName!, StringComparer.Ordinal);

    public required Dictionary<string, Organization> Organizations { get; init; }

    public required List<OrganizationMember> Places { get; init; }

    public required Dictionary<string, Project> Projects { get; init; }

    public required List<ProjectMember> Members { get; init; }

    public required List<ProjectEnvironment> Environments { get; init; }

    /// <summary>Machine users that the document names or that have a place here, with the organization that each belongs to.</summary>
    public required Dictionary<Guid, string> Machines { get; init; }

    /// <summary>Whose invitation made an account that nobody confirmed: the label of an organization.</summary>
    public required Dictionary<Guid, string> Inviters { get; init; }

    public static async Task<ApplyState> LoadAsync(
        DirectoryContext context, ApplyDocument document, CancellationToken cancellationToken)
    {
        var accounts = Accounts(document).Select(e => Normalize(e.Value)).Distinct(StringComparer.Ordinal).ToList();
        var names = OrganizationNames(document);
        var ids = document.Projects.Select(p => p.Id.Value).Distinct(StringComparer.Ordinal).ToList();
        var organizations = await context.Organizations.Where(o => names.Contains(o.Name)).ToListAsync(cancellationToken);
        var organizationIds = organizations.ConvertAll(o => o.Id);

        // Machines have no address. What people are called besides theirs counts for nothing here.
        var users = await context.Users.AsNoTracking()
            .Where(u => accounts.Contains(u.NormalizedEmail!) || (u.NormalizedEmail == null && accounts.Contains(u.NormalizedUserName!)))
            .ToListAsync(cancellationToken);
        var userIds = users.ConvertAll(u => u.Id);
        var unconfirmed = users.Where(u => !u.EmailConfirmed).Select(u => (Guid?)u.Id).ToList();
        return new ApplyState(users)
        {
            Organizations = organizations.ToDictionary(o => o.Name, StringComparer.Ordinal),
            Places = await context.OrganizationMembers
                .Where(m => organizationIds.Contains(m.OrganizationId)).ToListAsync(cancellationToken),
            Projects = await context.Projects.Where(p => ids.Contains(p.Id))
                .ToDictionaryAsync(p => p.Id, StringComparer.Ordinal, cancellationToken),
            Members = await context.ProjectMembers.Where(m => ids.Contains(m.ProjectId)).ToListAsync(cancellationToken),
            Environments = await context.Environments.Where(e => ids.Contains(e.ProjectId)).ToListAsync(cancellationToken),
            Machines = await context.MachineUsers.AsNoTracking()
                .Where(m => organizationIds.Contains(m.OrganizationId) || userIds.Contains(m.UserId))
                .ToDictionaryAsync(m => m.UserId, m => m.OrganizationId, cancellationToken),
            Inviters = (await (
                from invitation in context.Invitations.AsNoTracking()
                join organization in context.Organizations.AsNoTracking() on invitation.OrganizationId equals organization.Id
                where unconfirmed.Contains(invitation.AcceptedBy)
                orderby invitation.AcceptedAt
                select new { UserId = invitation.AcceptedBy!.Value, organization.Label }).ToListAsync(cancellationToken))
                .DistinctBy(found => found.UserId).ToDictionary(found => found.UserId, found => found.Label),
        };
    }

    /// <summary>Names of the organizations that a document is about.</summary>
    public static List<string> OrganizationNames(ApplyDocument document) =>
    [
        .. document.Organizations.Select(o => o.Name.Value)
            .Concat(document.Projects.Where(p => p.Organization is not null).Select(p => p.Organization!.Value.Value))
            .Distinct(StringComparer.Ordinal),
    ];

    public static IEnumerable<Reference> Accounts(ApplyDocument document) =>
        document.Organizations.Where(o => o.Owner is not null).Select(o => o.Owner!.Value)
            .Concat(document.Organizations.SelectMany(o => o.Members ?? []).Select(m => m.Account))
            .Concat(document.Projects.SelectMany(p => p.Members ?? []).Select(m => m.Account));

    public User? FindUser(string account) => _users.GetValueOrDefault(Normalize(account));

    /// <summary>The organization that a project is in once the document is applied, or null when that is not there yet.</summary>
    public string? OrganizationOf(DeclaredProject declared) => declared.Organization is { } organization
        ? Organizations.GetValueOrDefault(organization.Value)?.Id
        : Projects.GetValueOrDefault(declared.Id.Value)?.OrganizationId;

    /// <summary>As ASP.NET Core Identity normalizes addresses.</summary>
    public static string Normalize(string account) => account.Normalize().ToUpperInvariant();
}
