using Microsoft.EntityFrameworkCore;
using Postern.Directory.Audit;
using Postern.Directory.Organizations;
using Postern.Directory.Storage;
using Postern.Login.Mail;

namespace Postern.Login.Accounts;

/// <summary>Reminds people of an organization by mail to set up a second factor.</summary>
internal sealed class MfaReminders(
    IDbContextFactory<DirectoryContext> contexts, OrganizationReader organizations, MailQueue mails, TimeProvider clock)
{
    /// <summary>How long a reminder waits for a mail server that is away; afterwards it would only annoy.</summary>
    private static readonly TimeSpan GoodFor = TimeSpan.FromDays(1);

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    // A button is soon pressed twice, and nobody wants the same mail again.
    private readonly AttemptLimiter _limiter = new(Hour, Hour, clock);

    /// <summary>Whether this server sends mail.</summary>
    public bool CanSend => mails.IsOpen;

    /// <summary>
    /// Reminds those of the chosen people, or of all, who belong to the organization, have a mailbox and no second factor, and
    /// were not reminded within the last hour; says whom. The caller has checked that the actor administers it.
    /// </summary>
    public async Task<IReadOnlyList<Guid>> SendAsync(
        OrganizationActor actor, string organizationId, IReadOnlySet<Guid>? chosen, CancellationToken cancellationToken)
    {
        if (!CanSend)
        {
            return [];
        }

        var people = await organizations.ListPeopleAsync(organizationId, cancellationToken);
        var reminded = people.Where(person => !person.HasMfa && !person.IsMachine && !person.IsDisabled && person.Email is not null)
            .Where(person => chosen is null || chosen.Contains(person.UserId))
            .Where(person => _limiter.Count(person.UserId.ToString(), 1) is null)
            .ToList();
        if (reminded.Count == 0)
        {
            return [];
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        foreach (var person in reminded)
        {
            mails.Add(context, MailKind.MfaReminder, person.Email!, person.UserId, GoodFor);
            context.Add(new AuditEvent
            {
                At = clock.GetUtcNow(),
                Actor = actor.UserId.ToString(),
                ConnectionId = actor.RequestId,
                Action = "organization.mfa.reminded",
                Subject = $"organization {organizationId}",
                Detail = $"user {person.UserId}",
            });
        }

        await context.SaveChangesAsync(cancellationToken);
        mails.Announce();
        return [.. reminded.Select(person => person.UserId)];
    }
}
