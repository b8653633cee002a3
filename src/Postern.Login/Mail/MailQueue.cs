using Postern.Directory.People;
using Postern.Directory.Storage;

namespace Postern.Login.Mail;

/// <summary>Takes mails that are to be sent. They are rows, saved with what caused them, so that no outage loses one.</summary>
internal sealed class MailQueue(LoginOptions options, TimeProvider clock) : IDisposable
{
    private readonly SemaphoreSlim _arrival = new(0, 1);

    /// <summary>Whether mail leaves this server, or at least goes into a folder.</summary>
    public bool IsOpen => options.CanSendMail || options.OutboxDirectory is not null;

    /// <summary>Adds a mail to what the caller saves; nothing when there is nowhere to send it.</summary>
    public void Add(DirectoryContext context, string kind, string recipient, Guid? subject, TimeSpan goodFor)
    {
        if (!IsOpen)
        {
            return;
        }

        var now = clock.GetUtcNow();
        context.QueuedMails.Add(new QueuedMail
        {
            Id = Guid.NewGuid(),
            Kind = kind,
            Recipient = recipient,
            SubjectId = subject,
            CreatedAt = now,
            DueAt = now,
            ExpiresAt = now + goodFor,
        });
    }

    /// <summary>Tells this server's delivery that there is something, which another server finds at its next look.</summary>
    public void Announce()
    {
        try
        {
            _arrival.Release();
        }
        catch (SemaphoreFullException)
        {
            // It knows already.
        }
    }

    /// <summary>Waits until something arrives or the time is over.</summary>
    public Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => _arrival.WaitAsync(atMost, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _arrival.Dispose();
}
