using Microsoft.EntityFrameworkCore;
using Postern.Directory.Audit;
using Postern.Directory.Storage;

namespace Postern.Gateway.Audit;

/// <summary>
/// Writes what people do through the gateway before it is done. A write that fails throws, and what it was for does not
/// happen.
/// </summary>
public sealed class AuditTrail(IDbContextFactory<DirectoryContext> contexts, TimeProvider time)
{
    /// <summary>Longest detail in characters; a command line may be longer and is cut.</summary>
    private const int MaximumDetail = 1000;

    /// <summary>Records one event, durably.</summary>
    public async Task RecordAsync(
        Guid actor, string connectionId, string action, string subject, string? detail, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        context.AuditEvents.Add(new AuditEvent
        {
            At = time.GetUtcNow(),
            Actor = actor.ToString(),
            ConnectionId = connectionId,
            Action = action,
            Subject = subject,
            Detail = detail is { Length: > MaximumDetail } ? detail[..MaximumDetail] : detail,
        });
        await context.SaveChangesAsync(cancellationToken);
    }
}
