using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using MimeKit;
using MimeKit.Utils;
using Postern.Directory.Organizations;
using Postern.Directory.People;
using Postern.Directory.SingleSignOn;
using Postern.Directory.Storage;

namespace Postern.Login.Mail;

/// <summary>
/// Turns a queued mail into its text, at the moment it is sent: the link is made here, and made anew at every try. A mail to
/// which the present state has nothing to say is not written.
/// </summary>
internal sealed class MailWriter(
    IDbContextFactory<DirectoryContext> contexts, MailLinks links, ILookupNormalizer normalizer, LoginOptions options, TimeProvider clock)
{
    /// <summary>The mail, or null when there is nothing to say.</summary>
    public async Task<MimeMessage?> WriteAsync(QueuedMail mail, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var text = mail.Kind switch
        {
            MailKind.Invitation => await InvitationAsync(context, mail, cancellationToken),
            MailKind.PasswordReset => await PasswordResetAsync(context, mail, cancellationToken),
            MailKind.EmailVerification => await VerificationAsync(context, mail, cancellationToken),
            MailKind.MfaReminder => await MfaReminderAsync(context, mail, cancellationToken),
            MailKind.PasswordChanged => MailTexts.PasswordChanged(options.DeploymentName, options.Issuer, mail.CreatedAt),
            MailKind.FactorsReset => MailTexts.FactorsReset(options.DeploymentName, options.Issuer, mail.CreatedAt),
            _ when MailTexts.ChangeOf(mail.Kind) is { } change =>
                MailTexts.AccountChanged(options.DeploymentName, options.Issuer, change, mail.CreatedAt),
            _ => null, // Of a newer program that runs beside this one, or ran before.
        };
        if (text is null)
        {
            return null;
        }

        await context.SaveChangesAsync(cancellationToken);
        return Compose(text.Recipient ?? mail.Recipient, text);
    }

    private async Task<MailText?> InvitationAsync(DirectoryContext context, QueuedMail mail, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var found = await (
            from invitation in context.Invitations.AsNoTracking()
            join organization in context.Organizations on invitation.OrganizationId equals organization.Id
            where invitation.Id == mail.SubjectId
            select new { Invitation = invitation, organization.Label }).FirstOrDefaultAsync(cancellationToken);
        if (found is null || !found.Invitation.IsOpen(now) || !await InvitationRule.HoldsAsync(context, found.Invitation, cancellationToken))
        {
            return null;
        }

        var inviter = await context.Users.AsNoTracking().FirstOrDefaultAsync(user => user.Id == found.Invitation.InvitedBy, cancellationToken);
        var link = links.ToInvitation(context, found.Invitation.Id, found.Invitation.NormalizedEmail, found.Invitation.ExpiresAt);
        return MailTexts.Invitation(
            options.DeploymentName, options.Issuer, inviter, found.Label, found.Invitation.Role, link, found.Invitation.ExpiresAt);
    }

    // An account that is disabled, signs in without a password by choice or has to sign in at a provider, gets none by mail. The choice
    // counts only when it is that of who has the mailbox.
    private async Task<MailText?> PasswordResetAsync(DirectoryContext context, QueuedMail mail, CancellationToken cancellationToken)
    {
        var name = normalizer.NormalizeEmail(mail.Recipient);
        var user = await context.Users.AsNoTracking().FirstOrDefaultAsync(
            u => u.NormalizedEmail == name && !u.IsDisabled
                && (u.PasswordHash != null || !u.EmailConfirmed || !context.Set<IdentityUserPasskey<Guid>>().Any(passkey => passkey.UserId == u.Id)),
            cancellationToken);
        return user is null || await SsoQuery.RequiredOf(context, user.Id).AnyAsync(cancellationToken)
            ? null
            : MailTexts.PasswordReset(options.DeploymentName, options.Issuer, links.ToPasswordReset(context, user), options.ResetLifetime) with { Recipient = user.Email };
    }

    private async Task<MailText?> VerificationAsync(DirectoryContext context, QueuedMail mail, CancellationToken cancellationToken)
    {
        var name = normalizer.NormalizeEmail(mail.Recipient);
        var user = await context.Users.AsNoTracking().FirstOrDefaultAsync(
            u => u.Id == mail.SubjectId && u.NormalizedEmail == name && !u.IsDisabled && !u.EmailConfirmed, cancellationToken);
        return user is null
            ? null
            : MailTexts.Verification(options.DeploymentName, options.Issuer, links.ToVerification(context, user), options.VerificationLifetime) with { Recipient = user.Email };
    }

    // Who has a second factor by now needs no reminder.
    private async Task<MailText?> MfaReminderAsync(DirectoryContext context, QueuedMail mail, CancellationToken cancellationToken)
    {
        var user = await context.Users.AsNoTracking().FirstOrDefaultAsync(
            u => u.Id == mail.SubjectId && !u.IsDisabled && !u.TwoFactorEnabled, cancellationToken);
        if (user is null)
        {
            return null;
        }

        var organizations = await context.Organizations.AsNoTracking()
            .Where(o => o.OwnerId == user.Id
                || context.OrganizationMembers.Any(m => m.OrganizationId == o.Id && m.UserId == user.Id)
                || context.ProjectMembers.Any(m => m.UserId == user.Id
                    && context.Projects.Any(p => p.Id == m.ProjectId && p.OrganizationId == o.Id)))
            .OrderBy(o => o.Label)
            .Select(o => new { o.Label, o.RequiresMfa })
            .ToListAsync(cancellationToken);
        return MailTexts.MfaReminder(
            options.DeploymentName, options.Issuer, [.. organizations.Select(o => o.Label)], isRequired: organizations.Exists(o => o.RequiresMfa));
    }

    private MimeMessage Compose(string recipient, MailText text)
    {
        var host = new Uri(options.Issuer).Host;
        var message = new MimeMessage
        {
            Date = clock.GetUtcNow(),
            MessageId = MimeUtils.GenerateMessageId(host),
            Subject = text.Subject,
            Body = new TextPart("plain") { Text = text.Body },
        };
        message.From.Add(new MailboxAddress(MailTexts.OneLine(options.DeploymentName), options.Mail?.From ?? "postern@" + host));
        message.To.Add(new MailboxAddress(null, recipient));
        message.Headers.Add("Auto-Submitted", "auto-generated"); // RFC 3834: no vacation notes in answer.
        return message;
    }
}
