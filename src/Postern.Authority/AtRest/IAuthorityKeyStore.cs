namespace Postern.Authority;

/// <summary>Keeps the authorities' keys, for all processes of a deployment. Every change is durable when it returns.</summary>
public interface IAuthorityKeyStore
{
    /// <summary>All keys, in any order and state.</summary>
    Task<IReadOnlyList<AuthorityKeyRecord>> LoadAsync(CancellationToken cancellationToken);

    /// <summary>
    /// In one transaction: makes <paramref name="replacedId"/>, which must be the purpose's active key, trusted, and adds
    /// <paramref name="key"/>, which is active. With no replaced key there must be no active one of that purpose.
    /// False, with nothing changed, when that is not so: another process was faster. A unique constraint on the purpose
    /// of active keys is what must decide, not a look before the change.
    /// </summary>
    Task<bool> TryAddActiveAsync(AuthorityKeyRecord key, Guid? replacedId, CancellationToken cancellationToken);

    /// <summary>Makes a trusted key retired. False, with nothing changed, when there is no trusted key of that id.</summary>
    Task<bool> TryRetireAsync(Guid id, CancellationToken cancellationToken);
}
