using Microsoft.EntityFrameworkCore;
using Postern.Directory.Audit;
using Postern.Directory.Organizations;
using Postern.Directory.Storage;

namespace Postern.Directory.Apply;

/// <summary>Makes the Directory as a document says: all of it, or nothing when anything is wrong.</summary>
public sealed class Applier(IDbContextFactory<DirectoryContext> contexts, TimeProvider clock)
{
    // Two applies at once on PostgreSQL wait for each other; SQLite has one writer anyway.
    private const long AdvisoryLock = 0x506F73746170;

    /// <summary>Reads, checks and applies a document in one transaction.</summary>
    /// <param name="text">The document; its form is in <c>docs/apply.md</c>.</param>
    /// <param name="baseFolder">Absolute path of the folder that relative source folders start from: the document's own.</param>
    /// <param name="cancellationToken">Ends the work and changes nothing.</param>
    public async Task<ApplyResult> ApplyAsync(string text, string baseFolder, CancellationToken cancellationToken)
    {
        var faults = new ApplyFaults();
        var document = ApplyReader.Read(text, baseFolder, faults);
        if (document is null)
        {
            return new ApplyResult(faults.InOrder(), []);
        }

        foreach (var source in document.Sources.Where(s => !System.IO.Directory.Exists(s.Value)))
        {
            faults.Add(source.Path, source.Line, $"the folder {source.Value} does not exist.");
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        if (!context.Database.IsSqlite())
        {
            await context.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock({AdvisoryLock})", cancellationToken);
        }

        // Nobody changes these organizations on a page between what is read here and what is written.
        var names = ApplyState.OrganizationNames(document);
        foreach (var id in await context.Organizations.Where(o => names.Contains(o.Name)).OrderBy(o => o.Id).Select(o => o.Id).ToListAsync(cancellationToken))
        {
            await OrganizationTurn.TakeAsync(context, id, cancellationToken);
        }

        var state = await ApplyState.LoadAsync(context, document, cancellationToken);
        new ApplyChecks(state, faults).Check(document);
        if (faults.Any)
        {
            return new ApplyResult(faults.InOrder(), []);
        }

        var changes = new ApplyWriter(context, state, clock).Write(document);
        var now = clock.GetUtcNow();
        context.AddRange(changes.Where(c => c.Outcome != ApplyOutcome.Unchanged).Select(c => new AuditEvent
        {
            At = now,
            Actor = "apply",
            Action = "apply." + c.Outcome.ToString().ToLowerInvariant(),
            Subject = c.Subject,
        }));
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new ApplyResult([], changes);
    }
}
