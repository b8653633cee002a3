using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Postern.Directory.Approvals;
using Postern.Directory.Certificates;
using Postern.Directory.Factors;
using Postern.Directory.Organizations;
using Postern.Directory.People;
using Postern.Directory.Projects;
using Postern.Directory.Sessions;
using Postern.Directory.SingleSignOn;

namespace Postern.Directory.Changes;

/// <summary>Adds a <see cref="Change"/> to every save that touches something which matters for authorization.</summary>
internal sealed class ChangeInterceptor(TimeProvider clock) : SaveChangesInterceptor
{
    // Columns that change with every use; nobody's rights depend on them.
    private static readonly HashSet<string> Harmless =
    [
        nameof(SshKey.LastUsedAt), nameof(SshKey.LastUsedAddress), nameof(SshKey.Title), nameof(Session.Address),
        nameof(Session.UserAgent), nameof(Session.IdleExpiry), nameof(Session.ConfirmedAt), nameof(Project.UpdatedAt),
        nameof(User.AccessFailedCount), nameof(User.LockoutEnd), nameof(User.ConcurrencyStamp), nameof(ApiToken.Name),
        nameof(AuthenticatorApp.LastStep),
    ];

    public override InterceptionResult<int> SavingChanges(DbContextEventData eventData, InterceptionResult<int> result)
    {
        RecordChanges(eventData.Context!);
        return result;
    }

    public override ValueTask<InterceptionResult<int>> SavingChangesAsync(
        DbContextEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
    {
        RecordChanges(eventData.Context!);
        return ValueTask.FromResult(result);
    }

    private void RecordChanges(DbContext context)
    {
        context.ChangeTracker.DetectChanges();
        var now = clock.GetUtcNow();
        var changes = context.ChangeTracker.Entries()
            .Where(IsRelevant)
            .Select(entry => new Change { At = now, Kind = KindOf(entry.Entity)!, Subject = SubjectOf(entry) })
            .ToList();
        context.AddRange(changes);
    }

    private static bool IsRelevant(EntityEntry entry) => KindOf(entry.Entity) is not null && entry.State switch
    {
        // A new session, certificate, token, key or approval takes nothing from anybody.
        EntityState.Added => entry.Entity is not (Session or IssuedCertificate or ApiToken or SshKey or SshApproval or AuthenticatorApp),
        EntityState.Deleted => true,
        EntityState.Modified => entry.Properties.Any(p => p.IsModified && !Harmless.Contains(p.Metadata.Name)),
        _ => false,
    };

    private static string? KindOf(object entity) => entity switch
    {
        User => "user",
        SshKey => "ssh_key",
        Organization => "organization",
        OrganizationMember => "organization_member",
        Project => "project",
        ProjectMember => "project_member",
        ProjectEnvironment => "environment",
        Session => "session",
        ApiToken => "api_token",
        SshApproval => "ssh_approval",
        AuthenticatorApp => "authenticator_app",
        IdentityProvider => "identity_provider",
        SsoDomain => "sso_domain",
        IssuedCertificate => "certificate",
        AuthorityKey => "authority_key",
        _ => null,
    };

    private static string SubjectOf(EntityEntry entry)
    {
        var key = entry.Metadata.FindPrimaryKey()!;
        return string.Join('/', key.Properties.Select(p => entry.Property(p.Name)).Select(p =>
            p.IsTemporary ? "new" : Convert.ToString(p.CurrentValue, System.Globalization.CultureInfo.InvariantCulture)));
    }
}
