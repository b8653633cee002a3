using System.Data.Common;
using Microsoft.EntityFrameworkCore;

namespace Postern.Directory.Storage;

/// <summary>
/// Inserts rows of one table. Rows that come while others are being written go out together, in one commit, so that many at
/// once cost the disk little more than one; each is on the disk before its call returns.
/// </summary>
/// <param name="contexts">Opens the connection, which is kept.</param>
/// <param name="sql">The insert, with a parameter for each value.</param>
/// <param name="declare">Declares the parameters.</param>
/// <param name="fill">Sets the parameters to a row's values.</param>
internal sealed class GroupedInserts<T>(
    IDbContextFactory<DirectoryContext> contexts, string sql, Action<DbCommand> declare, Action<DbParameterCollection, T> fill) : IDisposable
{
    /// <summary>Rows of one commit: few enough that the first of them does not wait long for the last.</summary>
    private const int LargestBatch = 64;

    private readonly Lock _gate = new();

    // Gate.
    private readonly Queue<Waiting> _waiting = new();
    private bool _isWriting;

    // Whoever writes.
    private PreparedStatement? _statement;

    /// <summary>Writes one row. The token ends the wait; the row may be written all the same.</summary>
    public async Task WriteAsync(T row, CancellationToken cancellationToken)
    {
        var waiting = new Waiting(row);
        bool isWriter;
        lock (_gate)
        {
            _waiting.Enqueue(waiting);
            isWriter = !_isWriting;
            _isWriting = true;
        }

        if (isWriter)
        {
            await WriteBatchAsync();
        }

        await waiting.Written.Task.WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _statement?.Dispose();

    // Writes what waits. Who comes meanwhile is written by another turn, so that nobody waits for more than two.
    private async Task WriteBatchAsync()
    {
        List<Waiting> batch;
        lock (_gate)
        {
            batch = new List<Waiting>(Math.Min(_waiting.Count, LargestBatch));
            while (batch.Count < LargestBatch && _waiting.TryDequeue(out var waiting))
            {
                batch.Add(waiting);
            }
        }

        var failure = await TryInsertAsync(batch);
        if (failure is not null && batch.Count > 1)
        {
            // One that the database does not take must not keep the others out.
            foreach (var waiting in batch)
            {
                waiting.Failure = await TryInsertAsync([waiting]);
            }
        }
        else
        {
            batch.ForEach(waiting => waiting.Failure = failure);
        }

        bool isMore;
        lock (_gate)
        {
            isMore = _waiting.Count > 0;
            _isWriting = isMore;
        }

        if (isMore)
        {
            _ = Task.Run(WriteBatchAsync);
        }

        foreach (var waiting in batch)
        {
            if (waiting.Failure is null)
            {
                waiting.Written.SetResult();
            }
            else
            {
                waiting.Written.SetException(waiting.Failure);
            }
        }
    }

    private async Task<Exception?> TryInsertAsync(List<Waiting> batch)
    {
        try
        {
            _statement ??= await PreparedStatement.OpenAsync(contexts, sql, declare, CancellationToken.None);
            var command = _statement.Command;
            await using var transaction = batch.Count > 1 ? await command.Connection!.BeginTransactionAsync() : null;
            command.Transaction = transaction;
            foreach (var waiting in batch)
            {
                fill(command.Parameters, waiting.Row);
                await command.ExecuteNonQueryAsync();
            }

            if (transaction is not null)
            {
                await transaction.CommitAsync();
            }

            return null;
        }
        catch (Exception exception)
        {
            _statement?.Dispose();
            _statement = null;
            return exception;
        }
    }

    private sealed class Waiting(T row)
    {
        public T Row { get; } = row;

        public Exception? Failure { get; set; }

        public TaskCompletionSource Written { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
