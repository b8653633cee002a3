using Microsoft.EntityFrameworkCore;
using Postern.Directory.Storage;

namespace Postern.Directory.Changes;

/// <summary>What has changed since somebody last looked. Safe for use by many threads.</summary>
public sealed class ChangeHistory(IDbContextFactory<DirectoryContext> contexts)
{
    /// <summary>Changes that are told apart; whoever has missed more must look at everything anyway.</summary>
    public const int Most = 1000;

    /// <summary>
    /// The number of the newest change, and those with a number above <paramref name="seen"/>: null when nothing is known
    /// about them, because nothing was seen before, there are more than <see cref="Most"/>, or the numbers began again.
    /// </summary>
    public async Task<(long Newest, IReadOnlyList<Change>? Since)> ReadSinceAsync(long? seen, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var newest = await context.Changes.MaxAsync(c => (long?)c.Id, cancellationToken) ?? 0;
        if (seen is not { } last || newest < last)
        {
            return (newest, null);
        }

        if (newest == last)
        {
            return (newest, []);
        }

        var changes = await context.Changes.AsNoTracking()
            .Where(c => c.Id > last && c.Id <= newest)
            .OrderBy(c => c.Id)
            .Take(Most + 1)
            .ToListAsync(cancellationToken);
        return (newest, changes.Count <= Most ? changes : null);
    }
}
