using Postern.Directory.Audit;
using Postern.Login.Sessions;

namespace Postern.Login.Accounts;

/// <summary>
/// Notes in the audit trail that somebody was not let in. Nothing is ever deleted there, and strangers cause these events, so only
/// <see cref="LoginLimits.AuditedRefusals"/> of a minute are noted; the log has them all. For an unknown account it is the same work,
/// and what was typed is not kept: it may be a password in the wrong field.
/// </summary>
internal sealed class RefusedSignIns(AuditTrail audit, TimeProvider clock)
{
    private readonly AttemptLimiter _limiter = new(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1), clock);

    /// <summary>Notes one.</summary>
    /// <param name="userId">Whose account it was about, or null.</param>
    /// <param name="origin">Where the request came from.</param>
    /// <param name="reason">Why not.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task NoteAsync(Guid? userId, RequestOrigin origin, string reason, CancellationToken cancellationToken) =>
        _limiter.Count("", LoginLimits.AuditedRefusals) is null
            ? audit.WriteAsync($"address {origin.Address ?? "unknown"}", "sign_in.refused", userId?.ToString() ?? "unknown account", null, reason, cancellationToken)
            : Task.CompletedTask;
}
