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
    private const string Insert =
        "INSERT INTO audit_events (at, actor, connection_id, action, subject, detail) VALUES (@at, @actor, @connection, @action, @subject, @detail)";

    private readonly GroupedInserts<AuditEvent> _inserts = new(contexts, Insert, Declare, Fill);

    /// <summary>
    /// Writes one event; call it before the thing is allowed, and do not allow it when this throws.
    /// </summary>
    /// <param name="actor">A user id, or the name of an operator command.</param>
    /// <param name="action">What was done, such as <c>ssh.session.opened</c>.</param>
    /// <param name="subject">What it was done to.</param>
    /// <param name="connectionId">The connection or request, or null.</param>
    /// <param name="detail">More about it, without secrets, or null.</param>
    /// <param name="cancellationToken">Ends the wait; the event may be written all the same.</param>
    public Task WriteAsync(
        string actor, string action, string subject, string? connectionId, string? detail, CancellationToken cancellationToken) =>
        _inserts.WriteAsync(
            new AuditEvent
            {
                At = clock.GetUtcNow(),
                Actor = actor,
                Action = action,
                Subject = subject,
                ConnectionId = connectionId,
                Detail = detail,
            },
            cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _inserts.Dispose();

    private static void Declare(DbCommand command)
    {
        command.Declare("at", DbType.Int64);
        foreach (var name in (string[])["actor", "connection", "action", "subject", "detail"])
        {
            command.Declare(name, DbType.String);
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
}
