using Microsoft.EntityFrameworkCore;
using Postern.Directory.Audit;
using Postern.Directory.Organizations;
using Postern.Directory.People;
using Postern.Directory.Projects;
using Postern.Directory.Routing;
using Postern.Directory.Rules;
using Postern.Directory.Sessions;
using Postern.Directory.Storage;
using Postern.Login.OAuth;
using Postern.Login.Sessions;

namespace Postern.Login.Accounts;

/// <summary>Makes, lists and revokes API tokens.</summary>
public sealed class ApiTokenService
{
    /// <summary>Tokens of one account that are not revoked: one for each task, and few enough to list.</summary>
    public const int MaximumPerUser = 100;

    /// <summary>Characters of a token that lists show: the prefix and four more, which tell tokens apart and give nothing away.</summary>
    private const int ShownCharacters = 8;

    /// <summary>Projects that a form offers: more than people have, and few enough for one page.</summary>
    private const int MaximumProjects = 200;

    private readonly IDbContextFactory<DirectoryContext> _contexts;
    private readonly SessionStore _sessions;
    private readonly IAccountNotices _notices;
    private readonly TimeProvider _clock;

    internal ApiTokenService(
        IDbContextFactory<DirectoryContext> contexts, SessionStore sessions, IAccountNotices notices, TimeProvider clock)
    {
        _notices = notices;
        _contexts = contexts;
        _sessions = sessions;
        _clock = clock;
    }

    /// <summary>
    /// Makes a token for an account. The secret is in the answer and nowhere else. Throws <see cref="ArgumentException"/>, with
    /// a sentence for the person, when the name is empty or longer than 100 characters, the end is not in the future, the
    /// account has no role on the project, or it has as many tokens as it may.
    /// </summary>
    public async Task<CreatedApiToken> CreateAsync(NewApiToken wanted, CancellationToken cancellationToken)
    {
        var now = _clock.GetUtcNow();
        var name = wanted.Name.Trim();
        if (name.Length is 0 or > NewApiToken.LongestName || name.Any(char.IsControl))
        {
            throw new ApiTokenRefusedException($"The name of an API token must have 1 to {NewApiToken.LongestName} characters.");
        }

        if (wanted.ExpiresAt <= now)
        {
            throw new ApiTokenRefusedException("The end of an API token must be in the future.");
        }

        await using var context = await _contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);

        // Touching the account's row makes two requests for one account wait for each other, so that the count holds.
        await context.Users.Where(u => u.Id == wanted.UserId).ExecuteUpdateAsync(set => set.SetProperty(u => u.UpdatedAt, now), cancellationToken);
        if (wanted.ProjectId is { } projectId
            && (!ProjectId.IsValid(projectId)
                || await AccessQuery.Of(context, wanted.UserId).SingleOrDefaultAsync(a => a.ProjectId == projectId, cancellationToken) is not { } access
                || AccessRules.RoleOn(access, EnvironmentType.Development) is null))
        {
            throw new ApiTokenRefusedException("The account has no role on this project.");
        }

        if (await context.ApiTokens.CountAsync(t => t.UserId == wanted.UserId && t.RevokedAt == null, cancellationToken) >= MaximumPerUser)
        {
            throw new ApiTokenRefusedException($"An account may have {MaximumPerUser} API tokens; delete one that you do not use.");
        }

        var hasMfa = wanted.HasMfa
            ?? await context.Users.Where(u => u.Id == wanted.UserId).Select(u => u.TwoFactorEnabled).SingleAsync(cancellationToken);
        var secret = OpaqueToken.Create(OpaqueToken.ApiPrefix);
        var token = new ApiToken
        {
            Id = Guid.NewGuid(),
            UserId = wanted.UserId,
            Name = name,
            TokenHash = OpaqueToken.Hash(secret),
            Prefix = secret[..ShownCharacters],
            CreatedAt = now,
            ExpiresAt = wanted.ExpiresAt,
            ProjectId = wanted.ProjectId,
            IsReadOnly = wanted.IsReadOnly,
            HadMfaAtCreation = hasMfa,
        };
        context.ApiTokens.Add(token);
        context.Add(Event("api_token.created", token, wanted.Actor, wanted.RequestId));
        await _notices.AddAsync(context, wanted.UserId, AccountChange.ApiTokenMade, cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new CreatedApiToken(token, secret);
    }

    /// <summary>The projects that the account has a role on, by their titles; the first 200.</summary>
    public async Task<IReadOnlyList<TokenProject>> ListProjectsAsync(Guid userId, CancellationToken cancellationToken)
    {
        await using var context = await _contexts.CreateDbContextAsync(cancellationToken);
        return await (
            from access in AccessQuery.Of(context, userId)
            join project in context.Projects.AsNoTracking() on access.ProjectId equals project.Id
            where access.ProjectRole != null
                || access.OrganizationRole == OrganizationRole.Owner || access.OrganizationRole == OrganizationRole.Admin
            orderby project.Title, project.Id
            select new TokenProject(project.Id, project.Title)).Take(MaximumProjects).ToListAsync(cancellationToken);
    }

    /// <summary>A token of an account that is not revoked, or null.</summary>
    public async Task<ApiToken?> FindAsync(Guid userId, Guid tokenId, CancellationToken cancellationToken)
    {
        await using var context = await _contexts.CreateDbContextAsync(cancellationToken);
        return await context.ApiTokens.AsNoTracking().SingleOrDefaultAsync(
            token => token.Id == tokenId && token.UserId == userId && token.RevokedAt == null, cancellationToken);
    }

    /// <summary>The tokens of an account that are not revoked, the newest first.</summary>
    public async Task<IReadOnlyList<ApiToken>> ListAsync(Guid userId, CancellationToken cancellationToken)
    {
        await using var context = await _contexts.CreateDbContextAsync(cancellationToken);
        return await context.ApiTokens.AsNoTracking()
            .Where(token => token.UserId == userId && token.RevokedAt == null)
            .OrderByDescending(token => token.CreatedAt)
            .ToListAsync(cancellationToken);
    }

    /// <summary>Revokes a token and ends every session that came from it. False when there is no such token of this account.</summary>
    public async Task<bool> RevokeAsync(Guid userId, Guid tokenId, string actor, string? requestId, CancellationToken cancellationToken)
    {
        await using var context = await _contexts.CreateDbContextAsync(cancellationToken);
        var token = await context.ApiTokens.FirstOrDefaultAsync(
            row => row.Id == tokenId && row.UserId == userId && row.RevokedAt == null, cancellationToken);
        if (token is null)
        {
            return false;
        }

        token.RevokedAt = _clock.GetUtcNow();
        context.Add(Event("api_token.revoked", token, actor, requestId));
        await context.SaveChangesAsync(cancellationToken);
        await _sessions.EndOfApiTokenAsync(tokenId, SessionEnd.ApiTokenRevoked, CancellationToken.None);
        return true;
    }

    /// <summary>
    /// The tokens that are not revoked and that a text means: the whole token, its id, or its beginning as lists show it, of
    /// which there may be several.
    /// </summary>
    public async Task<IReadOnlyList<ApiToken>> FindAsync(string text, CancellationToken cancellationToken)
    {
        await using var context = await _contexts.CreateDbContextAsync(cancellationToken);
        var tokens = context.ApiTokens.AsNoTracking().Where(token => token.RevokedAt == null);
        if (Guid.TryParse(text, out var id))
        {
            return await tokens.Where(token => token.Id == id).ToListAsync(cancellationToken);
        }

        var (hash, shown) = (OpaqueToken.Hash(text), text.TrimEnd('.'));
        return await tokens.Where(token => token.TokenHash == hash || token.Prefix == shown).ToListAsync(cancellationToken);
    }

    private AuditEvent Event(string action, ApiToken token, string actor, string? requestId)
    {
        var scope = $"{(token.IsReadOnly ? "read-only" : "full")}, {(token.ProjectId is null ? "all projects" : "project " + token.ProjectId)}";
        return new AuditEvent
        {
            At = _clock.GetUtcNow(),
            Actor = actor,
            ConnectionId = requestId,
            Action = action,
            Subject = $"user {token.UserId}",
            Detail = $"{token.Id} ({scope})",
        };
    }
}
