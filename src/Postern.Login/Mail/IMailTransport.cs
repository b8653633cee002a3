using MimeKit;

namespace Postern.Login.Mail;

/// <summary>Takes a finished mail out of our hands.</summary>
internal interface IMailTransport
{
    /// <summary>
    /// Hands one mail over; when it returns, the other side has it. Throws <see cref="MailRefusedException"/> when trying again
    /// is of no use, and anything else when it is.
    /// </summary>
    Task SendAsync(MimeMessage message, CancellationToken cancellationToken);
}
