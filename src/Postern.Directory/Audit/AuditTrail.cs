using Microsoft.EntityFrameworkCore;
using Postern.Directory.Storage;

namespace Postern.Directory.Audit;

/// <summary>Writes what happened.</summary>
public sealed class AuditTrail(IDbContextFactory<DirectoryContext> contexts, TimeProvider clock)
{
    /// <summary>
    /// Writes one event; call it before the thing is allowed, and do not allow it when this throws.
    /// </summary>
    /// <param name="actor">A user id, or the name of an operator command.</param>
    /// <param name="action">What was done, such as <c>ssh.session.opened</c>.</param>
    /// <param name="subject">What it was done to.</param>
    /// <param name="connectionId">The connection or request, or null.</param>
    /// <param name="detail">More about it, without secrets, or null.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task WriteAsync(
        string actor, string action, string subject, string? connectionId, string? detail, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        context.Add(new AuditEvent
        {
            At = clock.GetUtcNow(),
            Actor = actor,
            Action = action,
            Subject = subject,
            ConnectionId = connectionId,
            Detail = detail,
        });
        await context.SaveChangesAsync(cancellationToken);
    }
}
