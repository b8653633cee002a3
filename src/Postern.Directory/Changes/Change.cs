namespace Postern.Directory.Changes;

/// <summary>
/// Says that something which matters for authorization changed. Ids become visible in rising order: PostgreSQL
/// takes a lock per insert until the commit, SQLite has one writer at a time.
/// </summary>
public sealed class Change
{
    /// <summary>Rises with every change.</summary>
    public long Id { get; set; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset At { get; set; }

    /// <summary>The kind of row, such as <c>session</c> or <c>project_member</c>.</summary>
    public required string Kind { get; set; }

    /// <summary>The key of the row, its parts joined by a slash.</summary>
    public required string Subject { get; set; }
}
