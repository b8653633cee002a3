using Microsoft.EntityFrameworkCore;
using Postern.Directory.People;
using Postern.Directory.Storage;
using Postern.Login.OAuth;

namespace Postern.Login.Mail;

/// <summary>
/// Links whose secret opens something once. They begin with the configured public URL and nothing that a request says, so a
/// forged Host header leads nobody elsewhere.
/// </summary>
internal sealed class MailLinks(IDbContextFactory<DirectoryContext> contexts, LoginOptions options, TimeProvider clock)
{
    /// <summary>The field of the secret in the link.</summary>
    public const string TokenField = "token";

    /// <summary>A link that accepts an invitation; the caller saves the row.</summary>
    public string ToInvitation(DirectoryContext context, Guid invitationId, string normalizedEmail, DateTimeOffset expiresAt)
    {
        var token = OpaqueToken.Create(OpaqueToken.InvitationPrefix);
        Add(context, token, MailKind.Invitation, null, invitationId, normalizedEmail, expiresAt);
        return LinkTo(LoginPaths.Invitation, token);
    }

    /// <summary>A link that sets a new password; the caller saves the row.</summary>
    public string ToPasswordReset(DirectoryContext context, User user)
    {
        var token = OpaqueToken.Create(OpaqueToken.ResetPrefix);
        Add(context, token, MailKind.PasswordReset, user.Id, null, user.NormalizedEmail!, clock.GetUtcNow() + options.ResetLifetime);
        return LinkTo(LoginPaths.ResetPassword, token);
    }

    /// <summary>A link that verifies an address; the caller saves the row.</summary>
    public string ToVerification(DirectoryContext context, User user)
    {
        var token = OpaqueToken.Create(OpaqueToken.VerificationPrefix);
        Add(context, token, MailKind.EmailVerification, user.Id, null, user.NormalizedEmail!, clock.GetUtcNow() + options.VerificationLifetime);
        return LinkTo(LoginPaths.VerifyEmail, token);
    }

    /// <summary>The row of a link that is good now, or null.</summary>
    public async Task<MailLink?> FindAsync(string? token, string prefix, CancellationToken cancellationToken)
    {
        if (token is null || !OpaqueToken.IsWellFormed(token, prefix))
        {
            return null;
        }

        var hash = OpaqueToken.Hash(token);
        var now = clock.GetUtcNow();
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.MailLinks.AsNoTracking()
            .FirstOrDefaultAsync(link => link.TokenHash == hash && link.ExpiresAt > now, cancellationToken);
    }

    /// <summary>Uses a link up inside the caller's transaction. False when somebody else just did.</summary>
    public static async Task<bool> UseAsync(DirectoryContext context, MailLink link, CancellationToken cancellationToken) =>
        await context.MailLinks.Where(row => row.TokenHash == link.TokenHash).ExecuteDeleteAsync(cancellationToken) == 1;

    private string LinkTo(string path, string token) => $"{options.Issuer}{path}?{TokenField}={token}";

    private void Add(
        DirectoryContext context, string token, string purpose, Guid? userId, Guid? invitationId, string normalizedEmail, DateTimeOffset expiresAt) =>
        context.MailLinks.Add(new MailLink
        {
            TokenHash = OpaqueToken.Hash(token),
            Purpose = purpose,
            UserId = userId,
            InvitationId = invitationId,
            NormalizedEmail = normalizedEmail,
            CreatedAt = clock.GetUtcNow(),
            ExpiresAt = expiresAt,
        });
}
