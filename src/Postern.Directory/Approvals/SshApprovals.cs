using Microsoft.EntityFrameworkCore;
using Postern.Directory.Routing;
using Postern.Directory.Storage;

namespace Postern.Directory.Approvals;

/// <summary>
/// Remembers second factors that were proved inside plain ssh. An approval holds while it is neither over nor taken back, its
/// key is registered, and the authenticator app that it came from is still the account's. Safe for use by many threads.
/// </summary>
public sealed class SshApprovals(IDbContextFactory<DirectoryContext> contexts, ReadCache cache, TimeProvider clock)
{
    /// <summary>How long approvals are kept that have ended, for those who look into what happened.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromDays(90);

    /// <summary>The approval that holds for this and nothing else, or null, as of the moment or later.</summary>
    public ValueTask<SshApproval?> FindAsync(ApprovalScope scope, Moment moment, CancellationToken cancellationToken) =>
        cache.GetAsync<SshApproval>(
            ("approval", scope),
            approval => approval.ExpiresAt > clock.GetUtcNow(),
            (context, token) => Live(context, clock.GetUtcNow())
                .Where(a => a.UserId == scope.UserId && a.SshKeyId == scope.SshKeyId
                    && a.OrganizationId == scope.OrganizationId && a.Source == scope.Source)
                .OrderByDescending(a => a.ExpiresAt)
                .FirstOrDefaultAsync(token),
            moment,
            cancellationToken);

    /// <summary>Remembers a factor that was just proved, and forgets what ended long ago.</summary>
    public async Task<SshApproval> AddAsync(ApprovalScope scope, TimeSpan lifetime, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var approval = new SshApproval
        {
            Id = Guid.NewGuid(),
            UserId = scope.UserId,
            SshKeyId = scope.SshKeyId,
            OrganizationId = scope.OrganizationId,
            Source = scope.Source,
            CreatedAt = now,
            ExpiresAt = now + lifetime,
        };
        var old = now - Kept;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await context.SshApprovals.Where(a => a.UserId == scope.UserId && a.ExpiresAt < old).ExecuteDeleteAsync(cancellationToken);
        context.SshApprovals.Add(approval);
        await context.SaveChangesAsync(cancellationToken);
        return approval;
    }

    /// <summary>The approvals of a person that hold now, the newest first.</summary>
    public async Task<IReadOnlyList<ListedApproval>> ListAsync(Guid userId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await (
            from approval in Live(context, clock.GetUtcNow())
            join key in context.SshKeys.AsNoTracking() on approval.SshKeyId equals key.Id
            join organization in context.Organizations.AsNoTracking() on approval.OrganizationId equals organization.Id
            where approval.UserId == userId
            orderby approval.CreatedAt descending
            select new ListedApproval(approval, key.Title, key.Sha256Fingerprint, organization.Label)).ToListAsync(cancellationToken);
    }

    /// <summary>
    /// Takes one approval of this person back, or all of them; connections that rest on it end with the next look at the
    /// change feed. Returns how many there were.
    /// </summary>
    public async Task<int> RevokeAsync(Guid userId, Guid? approvalId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await RevokeAsync(context, userId, approvalId, cancellationToken);
    }

    /// <summary>The same inside a caller's transaction.</summary>
    public async Task<int> RevokeAsync(DirectoryContext context, Guid userId, Guid? approvalId, CancellationToken cancellationToken)
    {
        // Through the change tracker, because that is what tells the change feed.
        var now = clock.GetUtcNow();
        var rows = await context.SshApprovals
            .Where(a => a.UserId == userId && a.RevokedAt == null && a.ExpiresAt > now && (approvalId == null || a.Id == approvalId))
            .ToListAsync(cancellationToken);
        rows.ForEach(row => row.RevokedAt = now);
        await context.SaveChangesAsync(cancellationToken);
        return rows.Count;
    }

    // An app that was set up later proves nothing for an approval of an earlier one, which somebody else may have had.
    private static IQueryable<SshApproval> Live(DirectoryContext context, DateTimeOffset now) =>
        context.SshApprovals.AsNoTracking().Where(a => a.RevokedAt == null && a.ExpiresAt > now
            && context.AuthenticatorApps.Any(app => app.UserId == a.UserId && app.CreatedAt <= a.CreatedAt));
}
