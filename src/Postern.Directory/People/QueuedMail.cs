namespace Postern.Directory.People;

/// <summary>
/// A mail that is still to be sent. It holds no text: that is written when it is sent, so that the secret of its link is
/// nowhere before, and a request for an unknown address leaves the same row as one for a known address.
/// </summary>
public sealed class QueuedMail
{
    /// <summary>Its id.</summary>
    public Guid Id { get; set; }

    /// <summary>Which text it will be.</summary>
    public required string Kind { get; set; }

    /// <summary>The address it goes to.</summary>
    public required string Recipient { get; set; }

    /// <summary>What it is about, such as the id of an invitation; null when the recipient's account is.</summary>
    public Guid? SubjectId { get; set; }

    /// <summary>When it was asked for.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>When it is tried next; moved on by whoever takes it, so that two servers do not send it twice.</summary>
    public DateTimeOffset DueAt { get; set; }

    /// <summary>When it is given up.</summary>
    public DateTimeOffset ExpiresAt { get; set; }

    /// <summary>How often it was tried.</summary>
    public int Attempts { get; set; }
}
