using Microsoft.EntityFrameworkCore;
using Postern.Directory.Sessions;
using Postern.Directory.Storage;

namespace Postern.Directory.Devices;

/// <summary>
/// Makes sessions of approvals that plain ssh connections asked for. Such a session belongs to one connection and ends with
/// it. Safe for use by many threads.
/// </summary>
public sealed class SshSignIns(IDbContextFactory<DirectoryContext> contexts, DeviceApprovals approvals, TimeProvider clock)
{
    /// <summary>Why a session ended that was made here.</summary>
    public const string ConnectionEnded = "the SSH connection ended";

    /// <summary>
    /// Takes an approval up and begins its session in one step, with the methods of the sign-in that approved it; null when
    /// it was taken up before or its person may do nothing any more.
    /// </summary>
    /// <param name="request">An approved request of <see cref="DeviceRequest.SshRequester"/>.</param>
    /// <param name="lifetime">How long the session lasts at most.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<Session?> BeginAsync(DeviceRequest request, TimeSpan lifetime, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (!await context.Users.AnyAsync(u => u.Id == request.UserId && !u.IsDisabled, cancellationToken))
        {
            return null;
        }

        var now = clock.GetUtcNow();
        var end = now + lifetime;
        if (request.SsoLoginId is { } loginId)
        {
            // What came of a sign-in at a provider ends with it.
            var login = await context.SsoLogins.AsNoTracking().SingleOrDefaultAsync(l => l.Id == loginId, cancellationToken);
            if (login is not { EndedAt: null })
            {
                return null;
            }

            end = login.EndsAt is { } limit && limit < end ? limit : end;
        }

        var session = new Session
        {
            Id = Guid.NewGuid(),
            UserId = request.UserId!.Value,
            ClientId = DeviceRequest.SshRequester,
            Grant = "device_code",
            Amr = request.Amr,
            AuthTime = request.AuthTime!.Value,
            SsoLoginId = request.SsoLoginId,
            Address = request.Address,
            UserAgent = request.UserAgent,
            CreatedAt = now,
            LastUsedAt = now,
            AbsoluteExpiry = end,
            IdleExpiry = end,
        };
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        await AccountTurn.TakeAsync(context, session.UserId, cancellationToken);
        context.Sessions.Add(session);
        await context.SaveChangesAsync(cancellationToken);
        if (!await approvals.TakeUpAsync(context, request.DeviceCodeHash, session.Id, cancellationToken))
        {
            return null;
        }

        await transaction.CommitAsync(cancellationToken);
        return session;
    }

    /// <summary>Ends the session of a connection; does nothing when it has ended already.</summary>
    public async Task EndAsync(Guid sessionId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (await context.Sessions.FirstOrDefaultAsync(s => s.Id == sessionId && s.RevokedAt == null, cancellationToken) is { } session)
        {
            session.RevokedAt = clock.GetUtcNow();
            session.RevokedReason = ConnectionEnded;
            await context.SaveChangesAsync(cancellationToken);
        }
    }
}
