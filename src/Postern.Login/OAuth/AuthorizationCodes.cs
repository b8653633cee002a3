using Microsoft.EntityFrameworkCore;
using Postern.Directory.Sessions;
using Postern.Directory.Storage;
using Postern.Login.Sessions;

namespace Postern.Login.OAuth;

/// <summary>Hands out authorization codes.</summary>
internal sealed class AuthorizationCodes(IDbContextFactory<DirectoryContext> contexts, LoginOptions options, TimeProvider clock)
{
    /// <summary>A new code for what the person of this session just allowed; null when the session ended at the same moment.</summary>
    public async Task<string?> CreateAsync(AuthorizationRequest request, LiveSession allowedBy, CancellationToken cancellationToken)
    {
        var code = OpaqueToken.Create(OpaqueToken.CodePrefix);
        var now = clock.GetUtcNow();
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        if (!await AccountTurn.TakeAsync(context, allowedBy.Session, cancellationToken))
        {
            return null;
        }

        context.AuthorizationCodes.Add(new AuthorizationCode
        {
            CodeHash = OpaqueToken.Hash(code),
            UserId = allowedBy.User.Id,
            ClientId = request.Client.Id,
            RedirectUri = request.RedirectUri,
            CodeChallenge = request.CodeChallenge,
            Scope = request.Scope,
            Amr = allowedBy.Session.Amr,
            AuthTime = allowedBy.Session.AuthTime,
            SsoLoginId = allowedBy.Session.SsoLoginId,
            CreatedAt = now,
            ExpiresAt = now + options.AuthorizationCodeLifetime,
        });
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return code;
    }
}
