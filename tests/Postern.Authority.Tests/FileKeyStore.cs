using System.Text.Json;

namespace Postern.Authority.Tests;

/// <summary>Keys in a JSON file; an exclusively opened lock file makes every change one transaction, across processes.</summary>
internal sealed class FileKeyStore(string directory) : IAuthorityKeyStore
{
    private readonly string _path = Path.Combine(directory, "keys.json");

    public async Task<IReadOnlyList<AuthorityKeyRecord>> LoadAsync(CancellationToken cancellationToken)
    {
        await using var transaction = await LockAsync(cancellationToken);
        return Load();
    }

    public async Task<bool> TryAddActiveAsync(AuthorityKeyRecord key, Guid? replacedId, CancellationToken cancellationToken)
    {
        await using var transaction = await LockAsync(cancellationToken);
        var keys = Load();
        var active = keys.SingleOrDefault(k => k.Purpose == key.Purpose && k.State == AuthorityKeyState.Active);
        if (active?.Id != replacedId)
        {
            return false;
        }

        if (active is not null)
        {
            keys[keys.IndexOf(active)] = active with { State = AuthorityKeyState.Trusted };
        }

        Save([.. keys, key]);
        return true;
    }

    public async Task<bool> TryRetireAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var transaction = await LockAsync(cancellationToken);
        var keys = Load();
        var index = keys.FindIndex(k => k.Id == id && k.State == AuthorityKeyState.Trusted);
        if (index < 0)
        {
            return false;
        }

        keys[index] = keys[index] with { State = AuthorityKeyState.Retired };
        Save(keys);
        return true;
    }

    /// <summary>Changes the file behind the authority's back.</summary>
    public void Tamper(Func<AuthorityKeyRecord, AuthorityKeyRecord> change) => Save([.. Load().Select(change)]);

    private async Task<FileStream> LockAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                return new FileStream(Path.Combine(directory, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                await Task.Yield();
            }
        }
    }

    private List<AuthorityKeyRecord> Load() =>
        File.Exists(_path) ? JsonSerializer.Deserialize<List<AuthorityKeyRecord>>(File.ReadAllText(_path))! : [];

    private void Save(List<AuthorityKeyRecord> keys) => File.WriteAllText(_path, JsonSerializer.Serialize(keys));
}
