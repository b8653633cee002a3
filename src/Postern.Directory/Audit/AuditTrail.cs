using System.Data;
using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.Storage;

namespace Postern.Directory.Audit;

/// <summary>
/// Writes what happened. Events that come while others are being written go out together, in one commit, so that many
/// connections at once cost the disk little more than one.
/// </summary>
public sealed class AuditTrail(IDbContextFactory<DirectoryContext> contexts, TimeProvider clock) : IDisposable
{
    /// <summary>Events of one commit: few enough that the first of them does not wait long for the last.</summary>
    private const int LargestBatch = 64;

    private const string Insert =
        "INSERT INTO audit_events (at, actor, connection_id, action, subject, detail) VALUES (@at, @actor, @connection, @action, @subject, @detail)";

    private readonly Lock _gate = new();

    // Gate.
    private readonly Queue<Waiting> _waiting = new();
    private bool _isWriting;

    // Whoever writes.
    private PreparedStatement? _statement;

    /// <summary>
    /// Writes one event; call it before the thing is allowed, and do not allow it when this throws.
    /// </summary>
    /// <param name="actor">A user id, or the name of an operator command.</param>
    /// <param name="action">What was done, such as <c>ssh.session.opened</c>.</param>
    /// <param name="subject">What it was done to.</param>
    /// <param name="connectionId">The connection or request, or null.</param>
    /// <param name="detail">More about it, without secrets, or null.</param>
    /// <param name="cancellationToken">Ends the wait; the event may be written all the same.</param>
    public async Task WriteAsync(
        string actor, string action, string subject, string? connectionId, string? detail, CancellationToken cancellationToken)
    {
        var waiting = new Waiting(
            new AuditEvent
            {
                At = clock.GetUtcNow(),
                Actor = actor,
                Action = action,
                Subject = subject,
                ConnectionId = connectionId,
                Detail = detail,
            });
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

    private static void Declare(DbCommand command)
    {
        Add("at", DbType.Int64);
        foreach (var name in (string[])["actor", "connection", "action", "subject", "detail"])
        {
            Add(name, DbType.String);
        }

        void Add(string name, DbType type)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            parameter.DbType = type;
            command.Parameters.Add(parameter);
        }
    }

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
            _statement ??= await PreparedStatement.OpenAsync(contexts, Insert, Declare, CancellationToken.None);
            var command = _statement.Command;
            await using var transaction = batch.Count > 1 ? await command.Connection!.BeginTransactionAsync() : null;
            command.Transaction = transaction;
            foreach (var waiting in batch)
            {
                Fill(command.Parameters, waiting.Event);
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

    private static void Fill(DbParameterCollection parameters, AuditEvent entry)
    {
        parameters[0].Value = entry.At.ToUnixTimeMilliseconds();
        parameters[1].Value = entry.Actor;
        parameters[2].Value = (object?)entry.ConnectionId ?? DBNull.Value;
        parameters[3].Value = entry.Action;
        parameters[4].Value = entry.Subject;
        parameters[5].Value = (object?)entry.Detail ?? DBNull.Value;
    }

    private sealed class Waiting(AuditEvent entry)
    {
        public AuditEvent Event { get; } = entry;

        public Exception? Failure { get; set; }

        public TaskCompletionSource Written { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
