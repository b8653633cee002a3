using Microsoft.EntityFrameworkCore;
using Postern.Authority;
using Postern.Directory.Storage;
using StoredKey = Postern.Directory.Certificates.AuthorityKey;
using StoredState = Postern.Directory.Certificates.AuthorityKeyState;

namespace Postern.Login.Tests.Testing;

/// <summary>Keeps the authority's first keys in the Directory, which is all that these tests need of a store.</summary>
internal sealed class TestAuthorityStore(IDbContextFactory<DirectoryContext> contexts) : IAuthorityKeyStore
{
    public async Task<IReadOnlyList<AuthorityKeyRecord>> LoadAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await context.AuthorityKeys.AsNoTracking().ToListAsync(cancellationToken);
        return [.. rows.Select(k => new AuthorityKeyRecord(
            k.Id, Enum.Parse<AuthorityPurpose>(k.Purpose), k.PublicKey, k.ProtectedPrivateKey, k.CreatedAt, AuthorityKeyState.Active))];
    }

    public async Task<bool> TryAddActiveAsync(AuthorityKeyRecord key, Guid? replacedId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        context.Add(new StoredKey
        {
            Id = key.Id,
            Purpose = key.Purpose.ToString(),
            PublicKey = key.PublicKey,
            ProtectedPrivateKey = key.ProtectedPrivateKey,
            CreatedAt = key.CreatedAt,
            State = StoredState.Active,
        });
        await context.SaveChangesAsync(cancellationToken);
        return true;
    }

    public Task<bool> TryRetireAsync(Guid id, CancellationToken cancellationToken) => Task.FromResult(false);
}
