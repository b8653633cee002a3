namespace Postern.Directory.Audit;

/// <summary>One thing that happened; the database refuses to change or remove it.</summary>
public sealed class AuditEvent
{
    /// <summary>Rises with time.</summary>
    public long Id { get; set; }

    /// <summary>When it happened.</summary>
    public DateTimeOffset At { get; set; }

    /// <summary>Who did it: a user id, or the name of an operator command.</summary>
    public required string Actor { get; set; }

    /// <summary>The SSH connection or HTTP request it happened on, or null.</summary>
    public string? ConnectionId { get; set; }

    /// <summary>What was done, such as <c>ssh.session.opened</c>.</summary>
    public required string Action { get; set; }

    /// <summary>What it was done to, such as an environment or a key.</summary>
    public required string Subject { get; set; }

    /// <summary>More about it, without secrets, or null.</summary>
    public string? Detail { get; set; }
}
