using Microsoft.EntityFrameworkCore;
using Postern.Directory.Audit;
using Postern.Directory.Storage;

namespace Postern.Directory.People;

/// <summary>Registers public keys and takes them back. What a key opened ends when it goes, by the change feed.</summary>
public sealed class SshKeyRegistry(IDbContextFactory<DirectoryContext> contexts, IAccountNotices notices, TimeProvider clock)
{
    /// <summary>The text that clients look for, whoever the key belongs to.</summary>
    public const string DuplicateText = "SSH key can not be duplicated";

    /// <summary>The text for an account that is full.</summary>
    public static string TooManyText { get; } = $"An account may have {SshKey.MaximumPerUser} SSH keys; delete one that you do not use.";

    /// <summary>Registers a key; the row's id is set when it was added.</summary>
    /// <param name="key">The key.</param>
    /// <param name="requestId">The request, for the audit trail, or null.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<SshKeyVerdict> AddAsync(SshKey key, string? requestId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);

        // Touching the account's row makes two requests of one person wait for each other, so that the count holds.
        var now = clock.GetUtcNow();
        await context.Users.Where(u => u.Id == key.UserId).ExecuteUpdateAsync(set => set.SetProperty(u => u.UpdatedAt, now), cancellationToken);
        if (await context.SshKeys.AnyAsync(k => k.Blob == key.Blob, cancellationToken))
        {
            return SshKeyVerdict.Duplicate;
        }

        if (await context.SshKeys.CountAsync(k => k.UserId == key.UserId, cancellationToken) >= SshKey.MaximumPerUser)
        {
            return SshKeyVerdict.TooMany;
        }

        context.Add(key);
        context.Add(Event("ssh_key.added", key, requestId));
        await notices.AddAsync(context, key.UserId, AccountChange.SshKeyAdded, cancellationToken);
        try
        {
            await context.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException)
        {
            await transaction.RollbackAsync(cancellationToken);
            if (!await context.SshKeys.AnyAsync(k => k.Blob == key.Blob, cancellationToken))
            {
                throw;
            }

            // Somebody else registered the same key between the question and the answer.
            return SshKeyVerdict.Duplicate;
        }

        await transaction.CommitAsync(cancellationToken);
        return SshKeyVerdict.Added;
    }

    /// <summary>The keys of an account in the order they were added.</summary>
    public async Task<IReadOnlyList<SshKey>> ListAsync(Guid userId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.SshKeys.AsNoTracking().Where(k => k.UserId == userId).OrderBy(k => k.Id).ToListAsync(cancellationToken);
    }

    /// <summary>A key of this account, or null.</summary>
    public async Task<SshKey?> FindAsync(Guid userId, int id, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.SshKeys.AsNoTracking().SingleOrDefaultAsync(k => k.Id == id && k.UserId == userId, cancellationToken);
    }

    /// <summary>Gives a key of this account another title: the key, or null when there is none.</summary>
    /// <param name="userId">The account.</param>
    /// <param name="id">The key.</param>
    /// <param name="title">What is wished for; without one the key is named by its fingerprint.</param>
    /// <param name="requestId">The request, for the audit trail, or null.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<SshKey?> RenameAsync(Guid userId, int id, string title, string? requestId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (await context.SshKeys.SingleOrDefaultAsync(k => k.Id == id && k.UserId == userId, cancellationToken) is not { } key)
        {
            return null;
        }

        key.Title = SshKey.TitleFor(title, "", key.Sha256Fingerprint);
        context.Add(Event("ssh_key.renamed", key, requestId));
        try
        {
            await context.SaveChangesAsync(cancellationToken);
            return key;
        }
        catch (DbUpdateConcurrencyException)
        {
            return null; // Deleted at this moment.
        }
    }

    /// <summary>Takes back a key of this account: the key, or null when there is none.</summary>
    public async Task<SshKey?> RemoveAsync(Guid userId, int id, string? requestId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (await context.SshKeys.SingleOrDefaultAsync(k => k.Id == id && k.UserId == userId, cancellationToken) is not { } key)
        {
            return null;
        }

        context.Remove(key);
        context.Add(Event("ssh_key.removed", key, requestId));
        try
        {
            await context.SaveChangesAsync(cancellationToken);
            return key;
        }
        catch (DbUpdateConcurrencyException)
        {
            return null;
        }
    }

    private AuditEvent Event(string action, SshKey key, string? requestId) => new()
    {
        At = clock.GetUtcNow(),
        Actor = key.UserId.ToString(),
        ConnectionId = requestId,
        Action = action,
        Subject = $"user {key.UserId}",
        Detail = $"{key.Type} {key.Sha256Fingerprint}",
    };
}
