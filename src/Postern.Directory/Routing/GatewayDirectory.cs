using Microsoft.EntityFrameworkCore;
using Postern.Directory.Deployments;
using Postern.Directory.People;
using Postern.Directory.Rules;
using Postern.Directory.Sessions;
using Postern.Directory.Storage;

namespace Postern.Directory.Routing;

/// <summary>
/// What the gateway asks when somebody knocks, and again when something changed. Nothing is cached: each answer is the
/// state of the database at that moment. Safe for use by many threads.
/// </summary>
public sealed class GatewayDirectory(IDbContextFactory<DirectoryContext> contexts, TimeProvider clock)
{
    /// <summary>Finds the environment of a user name, or null when there is none.</summary>
    public async Task<Route?> FindRouteAsync(string projectId, string machineName, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
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
    public async Task<ProjectAccess?> FindAccessAsync(Guid userId, string projectId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await AccessQuery.Of(context, userId)
            .Where(access => access.ProjectId == projectId)
            .SingleOrDefaultAsync(cancellationToken);
    }

    /// <summary>Finds an account, or null.</summary>
    public async Task<Person?> FindPersonAsync(Guid userId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var user = await context.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == userId, cancellationToken);
        return user is null ? null : PersonOf(user);
    }

    /// <summary>Finds whose a plain public key is, or null when nobody registered it.</summary>
    /// <param name="blob">The key in wire form, as it came from the client.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<SshKeyOwner?> FindSshKeyOwnerAsync(ReadOnlyMemory<byte> blob, CancellationToken cancellationToken)
    {
        var bytes = blob.ToArray();
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await (
            from key in context.SshKeys.AsNoTracking()
            join user in context.Users.AsNoTracking() on key.UserId equals user.Id
            where key.Blob == bytes
            select new { key, user }).SingleOrDefaultAsync(cancellationToken);
        return found is null ? null : new SshKeyOwner(found.key.Id, found.key.Sha256Fingerprint, PersonOf(found.user));
    }

    /// <summary>Notes an accepted authentication with a plain key; a key that is gone by now is no error.</summary>
    public async Task RecordKeyUseAsync(int keyId, string? address, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await context.SshKeys.Where(k => k.Id == keyId).ExecuteUpdateAsync(
            set => set.SetProperty(k => k.LastUsedAt, now).SetProperty(k => k.LastUsedAddress, address),
            cancellationToken);
    }

    /// <summary>Finds a session as it stands now, or null when there never was one of that id.</summary>
    public async Task<SessionSnapshot?> FindSessionAsync(Guid sessionId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await (
            from session in context.Sessions.AsNoTracking()
            join user in context.Users.AsNoTracking() on session.UserId equals user.Id
            join token in context.ApiTokens.AsNoTracking() on session.ApiTokenId equals token.Id into tokens
            from token in tokens.DefaultIfEmpty()
            where session.Id == sessionId
            select new { session, user, token }).SingleOrDefaultAsync(cancellationToken);
        return found is null
            ? null
            : new SessionSnapshot(
                found.session.Id, PersonOf(found.user), StateOf(found.session, found.token, clock.GetUtcNow()), found.session.HasMfa);
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
}
