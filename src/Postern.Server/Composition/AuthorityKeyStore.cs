using Microsoft.EntityFrameworkCore;
using Postern.Authority;
using Postern.Directory.Audit;
using Postern.Directory.Storage;
using StoredKey = Postern.Directory.Certificates.AuthorityKey;
using StoredState = Postern.Directory.Certificates.AuthorityKeyState;

namespace Postern.Server.Composition;

/// <summary>Keeps the Authority's keys in the Directory, where every process of the deployment finds them.</summary>
internal sealed class AuthorityKeyStore(IDbContextFactory<DirectoryContext> contexts, TimeProvider clock) : IAuthorityKeyStore
{
    public async Task<IReadOnlyList<AuthorityKeyRecord>> LoadAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var keys = await context.AuthorityKeys.AsNoTracking().ToListAsync(cancellationToken);
        return [.. keys.Select(k => new AuthorityKeyRecord(
            k.Id, PurposeOf(k.Purpose), k.PublicKey, k.ProtectedPrivateKey, k.CreatedAt, StateOf(k.State)))];
    }

    public async Task<bool> TryAddActiveAsync(AuthorityKeyRecord key, Guid? replacedId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        try
        {
            if (replacedId is { } id)
            {
                var replaced = await context.AuthorityKeys.SingleOrDefaultAsync(
                    k => k.Id == id && k.State == StoredState.Active, cancellationToken);
                if (replaced is null)
                {
                    return false;
                }

                // Saved on its own, before the other: the unique index allows one active key for each purpose.
                replaced.State = StoredState.Trusted;
                await context.SaveChangesAsync(cancellationToken);
            }

            context.AuthorityKeys.Add(new StoredKey
            {
                Id = key.Id,
                Purpose = NameOf(key.Purpose),
                PublicKey = key.PublicKey,
                ProtectedPrivateKey = key.ProtectedPrivateKey,
                CreatedAt = key.CreatedAt,
                State = StoredState.Active,
            });
            context.Add(Event(replacedId is null ? "server" : "postern-server ca rotate", "authority_key.created", key.Id, NameOf(key.Purpose)));
            await context.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return true;
        }
        catch (DbUpdateException)
        {
            // Another process was faster if there is another active key now; anything else is a failure.
            await transaction.RollbackAsync(cancellationToken);
            context.ChangeTracker.Clear();
            var name = NameOf(key.Purpose);
            if (await context.AuthorityKeys.AnyAsync(
                k => k.Purpose == name && k.State == StoredState.Active && k.Id != replacedId, cancellationToken))
            {
                return false;
            }

            throw;
        }
    }

    public async Task<bool> TryRetireAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var key = await context.AuthorityKeys.SingleOrDefaultAsync(
            k => k.Id == id && k.State == StoredState.Trusted, cancellationToken);
        if (key is null)
        {
            return false;
        }

        key.State = StoredState.Retired;
        context.Add(Event("postern-server ca retire", "authority_key.retired", id, key.Purpose));
        await context.SaveChangesAsync(cancellationToken);
        return true;
    }

    private AuditEvent Event(string actor, string action, Guid id, string purpose) =>
        new() { At = clock.GetUtcNow(), Actor = actor, Action = action, Subject = $"authority key {id}", Detail = purpose };

    private static string NameOf(AuthorityPurpose purpose) => purpose == AuthorityPurpose.UserCertificates ? "user" : "host";

    private static AuthorityPurpose PurposeOf(string name) => name switch
    {
        "user" => AuthorityPurpose.UserCertificates,
        "host" => AuthorityPurpose.HostCertificates,
        _ => throw new AuthorityKeyException($"The database has an authority key of the unknown purpose '{name}'."),
    };

    private static AuthorityKeyState StateOf(StoredState state) => state switch
    {
        StoredState.Active => AuthorityKeyState.Active,
        StoredState.Trusted => AuthorityKeyState.Trusted,
        _ => AuthorityKeyState.Retired,
    };
}
