using Microsoft.EntityFrameworkCore;
using Postern.Directory.Sessions;
using Postern.Directory.Storage;
using Postern.Login.OAuth;
using Postern.Login.Sessions;

namespace Postern.Login.Accounts;

/// <summary>Makes, lists and revokes API tokens.</summary>
public sealed class ApiTokenService
{
    /// <summary>Characters of a token that lists show: the prefix and four more, which tell tokens apart and give nothing away.</summary>
    private const int ShownCharacters = 8;

    /// <summary>Characters of a token's name, so that lists stay readable.</summary>
    private const int LongestName = 100;

    private readonly IDbContextFactory<DirectoryContext> _contexts;
    private readonly SessionStore _sessions;
    private readonly TimeProvider _clock;

    internal ApiTokenService(IDbContextFactory<DirectoryContext> contexts, SessionStore sessions, TimeProvider clock)
    {
        _contexts = contexts;
        _sessions = sessions;
        _clock = clock;
    }

    /// <summary>
    /// Makes a token for an account. The secret is in the answer and nowhere else. Throws <see cref="ArgumentException"/> when
    /// the name is empty or longer than 100 characters, or the end is not in the future.
    /// </summary>
    public async Task<CreatedApiToken> CreateAsync(
        Guid userId, string name, DateTimeOffset? expiresAt, CancellationToken cancellationToken)
    {
        var now = _clock.GetUtcNow();
        name = name.Trim();
        if (name.Length is 0 or > LongestName)
        {
            throw new ArgumentException($"The name of an API token must have 1 to {LongestName} characters.", nameof(name));
        }

        if (expiresAt <= now)
        {
            throw new ArgumentException("The end of an API token must be in the future.", nameof(expiresAt));
        }

        await using var context = await _contexts.CreateDbContextAsync(cancellationToken);
        var hasMfa = await context.Users.Where(u => u.Id == userId).Select(u => u.TwoFactorEnabled).SingleAsync(cancellationToken);
        var secret = OpaqueToken.Create(OpaqueToken.ApiPrefix);
        var token = new ApiToken
        {
            Id = Guid.NewGuid(),
            UserId = userId,
            Name = name,
            TokenHash = OpaqueToken.Hash(secret),
            Prefix = secret[..ShownCharacters],
            CreatedAt = now,
            ExpiresAt = expiresAt,
            HadMfaAtCreation = hasMfa,
        };
        context.ApiTokens.Add(token);
        await context.SaveChangesAsync(cancellationToken);
        return new CreatedApiToken(token, secret);
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
    public async Task<bool> RevokeAsync(Guid userId, Guid tokenId, CancellationToken cancellationToken)
    {
        await using var context = await _contexts.CreateDbContextAsync(cancellationToken);
        var token = await context.ApiTokens.FirstOrDefaultAsync(
            row => row.Id == tokenId && row.UserId == userId && row.RevokedAt == null, cancellationToken);
        if (token is null)
        {
            return false;
        }

        token.RevokedAt = _clock.GetUtcNow();
        await context.SaveChangesAsync(cancellationToken);
        await _sessions.EndOfApiTokenAsync(tokenId, SessionEnd.ApiTokenRevoked, cancellationToken);
        return true;
    }
}
