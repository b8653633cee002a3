using System.Buffers.Text;
using Microsoft.AspNetCore.Identity;
using Postern.Directory.Audit;
using Postern.Directory.People;
using Postern.Directory.Storage;

namespace Postern.Login.Factors;

/// <summary>A passkey whose answer was checked, for an account that is entered by it and has no password.</summary>
/// <param name="UserId">The account, which may not exist yet; the passkey says this id when it signs in.</param>
/// <param name="Key">The passkey.</param>
/// <param name="Method">What kind of key it is, a value of <c>amr</c>.</param>
internal sealed record FirstPasskey(Guid UserId, UserPasskeyInfo Key, string Method)
{
    /// <summary>What a session that begins with it has proved: a passkey is two factors in one.</summary>
    public string Amr => AuthenticationMethods.Join(Method, AuthenticationMethods.MultiFactor);

    /// <summary>Makes it the way into an account, in place of a password. Who calls this saves both.</summary>
    public void OpenAccount(DirectoryContext context, User user, DateTimeOffset now)
    {
        user.Id = UserId;
        user.PasswordHash = null;
        user.TwoFactorEnabled = true;
        user.SecurityStamp = Guid.NewGuid().ToString("N");
        user.ConcurrencyStamp = Guid.NewGuid().ToString();
        user.UpdatedAt = now;
        context.Add(new IdentityUserPasskey<Guid>
        {
            UserId = UserId,
            CredentialId = Key.CredentialId,
            Data = new IdentityPasskeyData
            {
                PublicKey = Key.PublicKey,
                Name = Key.Name,
                CreatedAt = Key.CreatedAt,
                SignCount = Key.SignCount,
                Transports = Key.Transports,
                IsUserVerified = Key.IsUserVerified,
                IsBackupEligible = Key.IsBackupEligible,
                IsBackedUp = Key.IsBackedUp,
                AttestationObject = Key.AttestationObject,
                ClientDataJson = Key.ClientDataJson,
            },
        });
        context.Add(new AuditEvent
        {
            At = now,
            Actor = UserId.ToString(),
            Action = FactorAction.PasskeyAdded,
            Subject = UserId.ToString(),
            Detail = Base64Url.EncodeToString(Key.CredentialId),
        });
    }
}
