using Microsoft.EntityFrameworkCore;
using Postern.Directory.People;
using Postern.Directory.Storage;

namespace Postern.Login.Mail;

/// <summary>Queues the notices as mails, each of the kind that says what was changed.</summary>
internal sealed class AccountNotices(MailQueue mails) : IAccountNotices
{
    /// <summary>How long a notice is worth sending.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(3);

    public async Task AddAsync(DirectoryContext context, Guid userId, string change, CancellationToken cancellationToken)
    {
        if (!mails.IsOpen)
        {
            return;
        }

        // Machine users have no mailbox; their tokens are in the audit trail.
        var email = await context.Users.Where(u => u.Id == userId && !context.MachineUsers.Any(m => m.UserId == userId))
            .Select(u => u.Email).FirstOrDefaultAsync(cancellationToken);
        if (email is not null)
        {
            mails.Add(context, change, email, userId, Lifetime);
        }
    }
}
