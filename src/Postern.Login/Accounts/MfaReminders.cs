using Microsoft.EntityFrameworkCore;
using Postern.Directory.Audit;
using Postern.Directory.Organizations;
using Postern.Directory.Storage;
using Postern.Login.Mail;

namespace Postern.Login.Accounts;

/// <summary>Reminds people of an organization by mail to set up a second factor.</summary>
internal sealed class MfaReminders(
    IDbContextFactory<DirectoryContext> contexts, OrganizationReader organizations, MailQueue mails, TimeProvider clock) : IDisposable
{
    private const string Action = "organization.mfa.reminded";

    /// <summary>How long a reminder waits for a mail server that is away; afterwards it would only annoy.</summary>
    private static readonly TimeSpan GoodFor = TimeSpan.FromDays(1);

    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    // A button is soon pressed twice: the second press sees what the first has written.
    private readonly SemaphoreSlim _gate = new(1);

    /// <summary>Whether this server sends mail.</summary>
    public bool CanSend => mails.IsOpen;

    /// <summary>
    /// Reminds those of the chosen people, or of all, who belong to the organization, have a mailbox and no second factor, and
    /// were not reminded lately (<see cref="LoginLimits.ReminderInterval"/>, <see cref="LoginLimits.RemindersPerDay"/>), whoever
    /// did it; says whom. The caller has checked that the actor administers it.
    /// </summary>
    public async Task<IReadOnlyList<Guid>> SendAsync(
        OrganizationActor actor, string organizationId, IReadOnlySet<Guid>? chosen, CancellationToken cancellationToken)
    {
        if (!CanSend)
        {
            return [];
        }

        await _gate.WaitAsync(cancellationToken);
        try
        {
            return await SendInTurnAsync(actor, organizationId, chosen, cancellationToken);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _gate.Dispose();

    private async Task<IReadOnlyList<Guid>> SendInTurnAsync(
        OrganizationActor actor, string organizationId, IReadOnlySet<Guid>? chosen, CancellationToken cancellationToken)
    {
        var people = await organizations.ListPeopleAsync(organizationId, cancellationToken);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var recent = await FindRecentlyRemindedAsync(context, cancellationToken);
        var reminded = people.Where(person => !person.HasMfa && !person.IsMachine && !person.IsDisabled && person.Email is not null)
            .Where(person => chosen is null || chosen.Contains(person.UserId))
            .Where(person => !recent.Contains(DetailOf(person.UserId)))
            .ToList();
        if (reminded.Count == 0)
        {
            return [];
        }

        foreach (var person in reminded)
        {
            mails.Add(context, MailKind.MfaReminder, person.Email!, person.UserId, GoodFor);
            context.Add(new AuditEvent
            {
                At = clock.GetUtcNow(),
                Actor = actor.UserId.ToString(),
                ConnectionId = actor.RequestId,
                Action = Action,
                Subject = $"organization {organizationId}",
                Detail = DetailOf(person.UserId),
            });
        }

        await context.SaveChangesAsync(cancellationToken);
        mails.Announce();
        return [.. reminded.Select(person => person.UserId)];
    }

    private static string DetailOf(Guid userId) => $"user {userId}";

    // The audit trail knows what every server sent, also before it was started anew.
    private async Task<HashSet<string>> FindRecentlyRemindedAsync(DirectoryContext context, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var yesterday = now - Day;
        var sent = await context.AuditEvents.AsNoTracking()
            .Where(e => e.At > yesterday && e.Action == Action && e.Detail != null)
            .Select(e => new { e.At, e.Detail })
            .ToListAsync(cancellationToken);
        return [.. sent.GroupBy(e => e.Detail!)
            .Where(person => person.Count() >= LoginLimits.RemindersPerDay || person.Any(e => now - e.At < LoginLimits.ReminderInterval))
            .Select(person => person.Key)];
    }
}
