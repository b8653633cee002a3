using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.Deployments;
using Postern.Directory.People;
using Postern.Directory.Rules;
using Postern.Directory.Sessions;
using Postern.Directory.Storage;

namespace Postern.Directory.Routing;

/// <summary>
/// What the gateway asks when somebody knocks, and again when something changed. Each answer is the state of the database
/// at the <see cref="Moment"/> that it is asked for, or a later one: it comes from <see cref="ReadCache"/>, which knows
/// whether anything has changed since. Safe for use by many threads.
/// </summary>
public sealed class GatewayDirectory(IDbContextFactory<DirectoryContext> contexts, ReadCache cache, TimeProvider clock)
{
    /// <summary>How exactly the last use of a key is known; writing it each time would cost every connection a commit.</summary>
    public static readonly TimeSpan KeyUseResolution = TimeSpan.FromMinutes(1);

    /// <summary>Keys whose last use is remembered; all are forgotten when there are more.</summary>
    private const int RememberedKeyUses = 10_000;

    private readonly ConcurrentDictionary<(int Key, string? Address), DateTimeOffset> _keyUses = new();

    /// <summary>Looks at the Directory, for the questions of one decision.</summary>
    public ValueTask<Moment> ObserveAsync(CancellationToken cancellationToken) => cache.ObserveAsync(cancellationToken);

    /// <summary>Finds the environment of a user name, or null when there is none.</summary>
    public ValueTask<Route?> FindRouteAsync(
        string projectId, string machineName, Moment moment, CancellationToken cancellationToken) =>
        cache.GetAsync<Route>(
            ("route", projectId, machineName),
            static _ => true,
            (context, token) => ReadRouteAsync(context, projectId, machineName, token),
            moment,
            cancellationToken);

    private static async Task<Route?> ReadRouteAsync(
        DirectoryContext context, string projectId, string machineName, CancellationToken cancellationToken)
    {
        var found = await (
            from environment in context.Environments.AsNoTracking()
            join project in context.Projects.AsNoTracking() on environment.ProjectId equals project.Id
            where environment.ProjectId == projectId && environment.MachineName == machineName
            select new { environment, project }).SingleOrDefaultAsync(cancellationToken);
        if (found is null)
        {
            return null;
        }

        var facts = new EnvironmentFacts(found.environment.Type, found.environment.Status, found.environment.Deployment is not null);
        return new Route(
            found.project.Id,
            found.project.OrganizationId,
            found.environment.Name,
            facts,
            DeploymentReader.Read(found.project, found.environment));
    }

    /// <summary>
    /// All that the rules need about a person and a project, in one query; null when either does not exist.
    /// </summary>
    public ValueTask<ProjectAccess?> FindAccessAsync(
        Guid userId, string projectId, Moment moment, CancellationToken cancellationToken) =>
        cache.GetAsync<ProjectAccess>(
            ("access", userId, projectId),

            // Who has no role is asked for anew, as a project that does not exist is: the work must not tell them apart.
            static access => access.HasAnyRole,
            (context, token) => AccessQuery.Of(context, userId)
                .Where(access => access.ProjectId == projectId)
                .SingleOrDefaultAsync(token),
            moment,
            cancellationToken);

    /// <summary>Finds an account, or null.</summary>
    public async Task<Person?> FindPersonAsync(Guid userId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var user = await context.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == userId, cancellationToken);
        return user is null ? null : PersonOf(user);
    }

    /// <summary>Finds whose a plain public key is, or null when nobody registered it.</summary>
    /// <param name="blob">The key in wire form, as it came from the client.</param>
    /// <param name="moment">How new the answer must be.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask<SshKeyOwner?> FindSshKeyOwnerAsync(
        ReadOnlyMemory<byte> blob, Moment moment, CancellationToken cancellationToken) =>
        cache.GetAsync<SshKeyOwner>(
            ("key", Convert.ToHexString(SHA256.HashData(blob.Span))),
            static _ => true,
            (context, token) => ReadSshKeyOwnerAsync(context, blob.ToArray(), token),
            moment,
            cancellationToken);

    /// <summary>
    /// Notes an accepted authentication with a plain key, exact to <see cref="KeyUseResolution"/>; a key that is gone by now is
    /// no error.
    /// </summary>
    public async Task RecordKeyUseAsync(int keyId, string? address, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        if (_keyUses.TryGetValue((keyId, address), out var noted) && now - noted < KeyUseResolution)
        {
            return;
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await context.SshKeys.Where(k => k.Id == keyId).ExecuteUpdateAsync(
            set => set.SetProperty(k => k.LastUsedAt, now).SetProperty(k => k.LastUsedAddress, address),
            cancellationToken);
        if (_keyUses.Count >= RememberedKeyUses)
        {
            _keyUses.Clear();
        }

        _keyUses[(keyId, address)] = now;
    }

    /// <summary>Finds a session as it stands now, or null when there never was one of that id.</summary>
    public async ValueTask<SessionSnapshot?> FindSessionAsync(
        Guid sessionId, Moment moment, CancellationToken cancellationToken)
    {
        // Limits move with each use of the session, which is no change: only a session that lives by what was read serves.
        var found = await cache.GetAsync<FoundSession>(
            ("session", sessionId),
            row => row.State(clock.GetUtcNow()) == SessionState.Live,
            (context, token) => ReadSessionAsync(context, sessionId, token),
            moment,
            cancellationToken);
        return found is null
            ? null
            : new SessionSnapshot(found.Session.Id, found.Person, found.State(clock.GetUtcNow()), SignInProof.Of(found.Session.Amr), found.Token?.Scope);
    }

    private static async Task<SshKeyOwner?> ReadSshKeyOwnerAsync(
        DirectoryContext context, byte[] blob, CancellationToken cancellationToken)
    {
        var found = await (
            from key in context.SshKeys.AsNoTracking()
            join user in context.Users.AsNoTracking() on key.UserId equals user.Id
            where key.Blob == blob
            select new { key, user }).SingleOrDefaultAsync(cancellationToken);
        return found is null ? null : new SshKeyOwner(found.key.Id, found.key.Sha256Fingerprint, PersonOf(found.user));
    }

    private static async Task<FoundSession?> ReadSessionAsync(
        DirectoryContext context, Guid sessionId, CancellationToken cancellationToken)
    {
        var found = await (
            from session in context.Sessions.AsNoTracking()
            join user in context.Users.AsNoTracking() on session.UserId equals user.Id
            join token in context.ApiTokens.AsNoTracking() on session.ApiTokenId equals token.Id into tokens
            from token in tokens.DefaultIfEmpty()
            where session.Id == sessionId
            select new { session, user, token }).SingleOrDefaultAsync(cancellationToken);
        return found is null ? null : new FoundSession(found.session, PersonOf(found.user), found.token);
    }

    private static SessionState StateOf(Session session, ApiToken? token, DateTimeOffset now)
    {
        if (session.RevokedAt is not null || token?.RevokedAt is not null)
        {
            return SessionState.Revoked;
        }

        return session.IsLive(now) && !(token?.ExpiresAt <= now) ? SessionState.Live : SessionState.Expired;
    }

    private static Person PersonOf(User user) => new(user.Id, user.DisplayName, user.IsDisabled);

    private sealed record FoundSession(Session Session, Person Person, ApiToken? Token)
    {
        public SessionState State(DateTimeOffset now) => StateOf(Session, Token, now);
    }
}
