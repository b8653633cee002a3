using Microsoft.EntityFrameworkCore;
using Postern.Directory.Audit;
using Postern.Directory.Organizations;
using Postern.Directory.Storage;
using Postern.Login.Mail;

namespace Postern.Login.Accounts;

/// <summary>
/// Invites people into organizations by their e-mail address. Every call names the person who asks and checks that they may:
/// owners and administrators invite, and only an owner makes owners. Whether an address has an account is told to the holder of the
/// link alone.
/// </summary>
public sealed class InvitationService
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly IDbContextFactory<DirectoryContext> _contexts;
    private readonly AccountBuilder _builder;
    private readonly MailQueue _mails;
    private readonly MailLinks _links;
    private readonly LoginOptions _options;
    private readonly TimeProvider _clock;
    private readonly AttemptLimiter _limiter;

    internal InvitationService(
        IDbContextFactory<DirectoryContext> contexts,
        AccountBuilder builder,
        MailQueue mails,
        MailLinks links,
        LoginOptions options,
        TimeProvider clock)
    {
        _contexts = contexts;
        _builder = builder;
        _mails = mails;
        _links = links;
        _options = options;
        _clock = clock;
        _limiter = new AttemptLimiter(Hour, Hour, clock);
    }

    /// <summary>
    /// Invites an address, or sends an invitation that is open for it again, with this role; links sent before stop working.
    /// The mail goes out a moment later; without a mail server the link is in the result.
    /// </summary>
    public Task<InvitationResult> InviteAsync(
        Guid actorId, string organizationId, string email, OrganizationRole role, CancellationToken cancellationToken)
    {
        email = email.Trim();
        return ChangeAsync(actorId, organizationId, role, async context =>
        {
            if (!EmailAddress.IsValid(email))
            {
                return InvitationResult.Refused("This is not an e-mail address.");
            }

            var name = _builder.Normalize(email);
            if (await context.OrganizationMembers.AnyAsync(
                m => m.OrganizationId == organizationId && context.Users.Any(u => u.Id == m.UserId && u.NormalizedEmail == name), cancellationToken))
            {
                return InvitationResult.Refused("This person is a member already.");
            }

            if (IsTooOften(actorId))
            {
                return TooOften;
            }

            var invitation = await context.Invitations.FirstOrDefaultAsync(
                i => i.OrganizationId == organizationId && i.NormalizedEmail == name && i.AcceptedAt == null && i.RevokedAt == null,
                cancellationToken);
            if (invitation is null)
            {
                invitation = new Invitation { Id = Guid.NewGuid(), OrganizationId = organizationId, Email = email, NormalizedEmail = name, CreatedAt = _clock.GetUtcNow() };
                context.Invitations.Add(invitation);
            }

            invitation.Role = role;
            return await SendAsync(context, invitation, actorId, cancellationToken);
        }, cancellationToken);
    }

    /// <summary>Sends an open invitation again and lets it be good for its whole time again; links sent before stop working.</summary>
    public Task<InvitationResult> ResendAsync(
        Guid actorId, string organizationId, Guid invitationId, CancellationToken cancellationToken) =>
        ChangeAsync(actorId, organizationId, OrganizationRole.Member, async context =>
        {
            if (await FindOpenAsync(context, organizationId, invitationId, cancellationToken) is not { } invitation)
            {
                return NotOpen;
            }

            if (!await MayAsync(context, actorId, organizationId, invitation.Role, cancellationToken))
            {
                return InvitationResult.Forbidden;
            }

            return IsTooOften(actorId) ? TooOften : await SendAsync(context, invitation, actorId, cancellationToken);
        }, cancellationToken);

    /// <summary>Withdraws an open invitation: its links stop working at once.</summary>
    public Task<InvitationResult> RevokeAsync(
        Guid actorId, string organizationId, Guid invitationId, CancellationToken cancellationToken) =>
        ChangeAsync(actorId, organizationId, OrganizationRole.Member, async context =>
        {
            if (await FindOpenAsync(context, organizationId, invitationId, cancellationToken) is not { } invitation)
            {
                return NotOpen;
            }

            invitation.RevokedAt = _clock.GetUtcNow();
            context.Add(Record(actorId, "invitation.revoked", invitation, organizationId));
            await context.SaveChangesAsync(cancellationToken);
            return new InvitationResult(invitation, null, false, []);
        }, cancellationToken);

    /// <summary>The invitations of an organization that are neither accepted nor withdrawn, expired ones too, the newest first; empty for who may not see them.</summary>
    public async Task<IReadOnlyList<Invitation>> ListAsync(Guid actorId, string organizationId, CancellationToken cancellationToken)
    {
        await using var context = await _contexts.CreateDbContextAsync(cancellationToken);
        if (!await MayAsync(context, actorId, organizationId, OrganizationRole.Member, cancellationToken))
        {
            return [];
        }

        return await context.Invitations.AsNoTracking()
            .Where(i => i.OrganizationId == organizationId && i.AcceptedAt == null && i.RevokedAt == null)
            .OrderByDescending(i => i.SentAt)
            .ToListAsync(cancellationToken);
    }

    private static InvitationResult NotOpen { get; } =
        InvitationResult.Refused("There is no such open invitation; it may have been accepted or withdrawn meanwhile.");

    private static InvitationResult TooOften { get; } =
        InvitationResult.Refused($"You sent {LoginLimits.InvitationsPerHour} invitations within an hour; wait a while.");

    private bool IsTooOften(Guid actorId) => _limiter.Count(actorId.ToString(), LoginLimits.InvitationsPerHour) is not null;

    // Who may is decided in the organization's turn: whoever is removed at this moment invites before it, or not at all.
    private async Task<InvitationResult> ChangeAsync(
        Guid actorId, string organizationId, OrganizationRole role, Func<DirectoryContext, Task<InvitationResult>> change, CancellationToken cancellationToken)
    {
        await using var context = await _contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        await OrganizationTurn.TakeAsync(context, organizationId, cancellationToken);
        if (!await MayAsync(context, actorId, organizationId, role, cancellationToken))
        {
            return InvitationResult.Forbidden;
        }

        var result = await change(context);
        if (result.IsDone)
        {
            await transaction.CommitAsync(cancellationToken);
            _mails.Announce();
        }

        return result;
    }

    private async Task<InvitationResult> SendAsync(
        DirectoryContext context, Invitation invitation, Guid actorId, CancellationToken cancellationToken)
    {
        var now = _clock.GetUtcNow();
        invitation.InvitedBy = actorId;
        invitation.SentAt = now;
        invitation.ExpiresAt = now + _options.InvitationLifetime;
        invitation.IsLinkShown |= !_options.CanSendMail;
        context.Add(Record(actorId, "invitation.sent", invitation, $"{invitation.Email} as {Role(invitation)} of {invitation.OrganizationId}"));
        await context.SaveChangesAsync(cancellationToken);
        await context.MailLinks.Where(link => link.InvitationId == invitation.Id).ExecuteDeleteAsync(cancellationToken);
        var shown = _options.CanSendMail
            ? null
            : _links.ToInvitation(context, invitation.Id, invitation.NormalizedEmail, invitation.ExpiresAt);
        _mails.Add(context, MailKind.Invitation, invitation.Email, invitation.Id, _options.InvitationLifetime);
        await context.SaveChangesAsync(cancellationToken);
        return new InvitationResult(invitation, shown, false, []);
    }

    private AuditEvent Record(Guid actorId, string action, Invitation invitation, string detail) =>
        new() { At = _clock.GetUtcNow(), Actor = actorId.ToString(), Action = action, Subject = invitation.Id.ToString(), Detail = detail };

    private static string Role(Invitation invitation) => invitation.Role.ToString().ToLowerInvariant();

    private static Task<Invitation?> FindOpenAsync(
        DirectoryContext context, string organizationId, Guid id, CancellationToken cancellationToken) =>
        context.Invitations.FirstOrDefaultAsync(
            i => i.Id == id && i.OrganizationId == organizationId && i.AcceptedAt == null && i.RevokedAt == null, cancellationToken);

    private static async Task<bool> MayAsync(
        DirectoryContext context, Guid actorId, string organizationId, OrganizationRole wanted, CancellationToken cancellationToken)
    {
        var place = await OrganizationReader.FindPlaceAsync(context, actorId, organizationId, cancellationToken);
        return OrganizationRules.DecideInvitation(place?.Role, wanted) == MembershipVerdict.Allowed;
    }
}
