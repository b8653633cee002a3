using Microsoft.EntityFrameworkCore;
using Postern.Directory.Devices;
using Postern.Directory.Sessions;
using Postern.Directory.Storage;
using Postern.Login.Sessions;
using Postern.Login.SingleSignOn;

namespace Postern.Login.OAuth;

/// <summary>
/// Exchanges a device code for a session once a person has allowed it (RFC 8628 section 3.4). What the person proved, and
/// when, is that of the sign-in which allowed it.
/// </summary>
internal sealed class DeviceCodeGrant(
    IDbContextFactory<DirectoryContext> contexts, DeviceApprovals approvals, SessionStore sessions, TimeProvider clock, ILogger<DeviceCodeGrant> log)
{
    /// <summary>The grant type's name (RFC 8628 section 3.4).</summary>
    public const string GrantType = "urn:ietf:params:oauth:grant-type:device_code";

    public async Task<TokenOutcome> ExchangeAsync(
        OAuthParameters parameters, OAuthClient client, RequestOrigin origin, CancellationToken cancellationToken)
    {
        if (parameters["device_code"] is not { } code)
        {
            return TokenOutcome.Missing("device_code");
        }

        var poll = await approvals.PollAsync(code, client.Id, cancellationToken);
        if (poll.State != DevicePollState.Approved)
        {
            return await RefuseAsync(poll, origin, cancellationToken);
        }

        return await RedeemAsync(poll.Request!, client, origin, cancellationToken)
            ?? await RefuseAsync(await approvals.PollAsync(code, client.Id, cancellationToken), origin, cancellationToken);
    }

    private async Task<TokenOutcome> RefuseAsync(DevicePoll poll, RequestOrigin origin, CancellationToken cancellationToken)
    {
        if (poll.State == DevicePollState.Used)
        {
            // Nobody but the device ever has the code: a second use means that the first answer went to somebody else, or nowhere.
            log.DeviceCodeReused(poll.Request!.SessionId, origin.Address);
            if (poll.Request.SessionId is { } sessionId)
            {
                await sessions.EndAsync(sessionId, SessionEnd.DeviceCodeReused, cancellationToken);
            }
        }

        return TokenOutcome.Refused(poll.State switch
        {
            DevicePollState.Pending => new(OAuthErrorCode.AuthorizationPending, "Nobody has allowed this yet."),
            DevicePollState.TooSoon => new(
                OAuthErrorCode.SlowDown, $"Nobody has allowed this yet; ask at most every {poll.Request!.IntervalSeconds} seconds."),
            DevicePollState.Denied => new(OAuthErrorCode.AccessDenied, "This sign-in was denied."),
            DevicePollState.Expired => new(OAuthErrorCode.ExpiredToken, "Nobody allowed this in time. Please start again."),
            DevicePollState.Used => OAuthError.InvalidGrant("The device code was used before. Please log in again."),
            _ => OAuthError.InvalidGrant("The device code is not valid. Please log in again."),
        });
    }

    /// <summary>Takes the approval up and begins the session in one step; null when another request was first.</summary>
    private async Task<TokenOutcome?> RedeemAsync(
        DeviceRequest request, OAuthClient client, RequestOrigin origin, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (!await context.Users.AnyAsync(u => u.Id == request.UserId && !u.IsDisabled, cancellationToken))
        {
            return TokenOutcome.Refused(new(OAuthErrorCode.AccessDenied, "The account that allowed this is disabled."));
        }

        var (holds, notAfter) = await SsoLogins.FindEndAsync(context, request.SsoLoginId, cancellationToken);
        if (!holds)
        {
            return TokenOutcome.Refused(OAuthError.InvalidGrant(RefreshTokenGrant.SsoExpiredText));
        }

        var session = sessions.Begin(new SessionStart
        {
            UserId = request.UserId!.Value,
            ClientId = client.Id,
            Grant = SessionGrant.DeviceCode,
            Amr = request.Amr,
            AuthTime = request.AuthTime!.Value,
            SsoLoginId = request.SsoLoginId,
            NotAfter = notAfter,
            IsForOneToken = request.Scope != OAuthScopes.OfflineAccess,
            Origin = origin,
        });
        var refreshToken = request.Scope == OAuthScopes.OfflineAccess ? OpaqueToken.Create(OpaqueToken.RefreshPrefix) : null;
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        await AccountTurn.TakeAsync(context, session.UserId, cancellationToken);
        sessions.Add(context, session);
        if (refreshToken is not null)
        {
            context.RefreshTokens.Add(RefreshTokenGrant.NewRow(refreshToken, session, clock.GetUtcNow()));
        }

        await context.SaveChangesAsync(cancellationToken);
        if (!await approvals.TakeUpAsync(context, request.DeviceCodeHash, session.Id, cancellationToken))
        {
            return null;
        }

        await transaction.CommitAsync(cancellationToken);
        log.SessionBegan(session.Id, session.UserId, session.ClientId, session.Grant);
        return TokenOutcome.Granted(session, refreshToken);
    }
}
