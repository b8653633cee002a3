using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.Changes;
using Postern.Directory.Storage;

namespace Postern.Directory.Routing;

/// <summary>
/// Answers that were read before, for as long as the database says that nothing has changed since. Every decision asks the
/// database for the number of the newest change, so an answer is as new as one that is read anew. What is not there is
/// never remembered, for new rows take no right away and need no change. Safe for use by many threads.
/// </summary>
public sealed class ReadCache(IDbContextFactory<DirectoryContext> contexts, ChangeNumber changes, TimeProvider clock)
{
    /// <summary>
    /// How long an answer is used at most: a hand that writes into the database leaves no change behind, and is seen then, as
    /// it is by the gateway's regular recheck.
    /// </summary>
    public static readonly TimeSpan MaximumAge = TimeSpan.FromSeconds(30);

    /// <summary>Answers that are kept; all go when there are more, for they are cheap to read again.</summary>
    private const int Capacity = 10_000;

    private readonly ConcurrentDictionary<object, Entry> _entries = new();

    /// <summary>Asks the database for the number of the newest change.</summary>
    public async ValueTask<Moment> ObserveAsync(CancellationToken cancellationToken) =>
        new(await changes.ReadAsync(cancellationToken));

    /// <summary>The answer to a question, remembered or read.</summary>
    /// <param name="question">What is asked, with its arguments; compared by value.</param>
    /// <param name="isUsable">Whether a remembered answer still serves, where time alone may end that.</param>
    /// <param name="read">Reads the answer, null when there is none.</param>
    /// <param name="moment">How new the answer must be.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<T?> GetAsync<T>(
        object question,
        Func<T, bool> isUsable,
        Func<DirectoryContext, CancellationToken, Task<T?>> read,
        Moment moment,
        CancellationToken cancellationToken)
        where T : class
    {
        // Before the answer is read: a change in between makes it one that is not used again.
        var change = moment.Change ?? await changes.ReadAsync(cancellationToken);
        var now = clock.GetUtcNow();
        if (_entries.TryGetValue(question, out var entry)
            && entry.Change == change
            && now - entry.ReadAt < MaximumAge
            && entry.Answer is T remembered
            && isUsable(remembered))
        {
            return remembered;
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var answer = await read(context, cancellationToken);
        if (answer is null)
        {
            _entries.TryRemove(question, out _);
            return null;
        }

        if (_entries.Count >= Capacity)
        {
            _entries.Clear();
        }

        _entries[question] = new Entry(answer, change, now);
        return answer;
    }

    private sealed record Entry(object Answer, long Change, DateTimeOffset ReadAt);
}
