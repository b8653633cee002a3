using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.Audit;
using Postern.Directory.People;
using Postern.Directory.Storage;

namespace Postern.Login.Factors;

/// <summary>
/// Registers and checks passkeys (WebAuthn level 3) with ASP.NET Core Identity's handler. Each challenge is sealed into the
/// page with its purpose and its end, and the database remembers which were answered, so no answer counts twice, however
/// good the authenticator's counter is.
/// </summary>
internal sealed class Passkeys(
    IDbContextFactory<DirectoryContext> contexts,
    IDataProtectionProvider protection,
    IAccountNotices notices,
    LoginOptions options,
    TimeProvider clock,
    ILogger<Passkeys> log)
{
    private const string Registration = "registration";
    private const string First = "first passkey of ";
    private const string Anybody = "sign-in";

    private readonly IDataProtector _protector = protection.CreateProtector("postern.passkey-ceremony");

    /// <summary>Whether browsers can make passkeys for this server: they need a secure origin with a name, not an address.</summary>
    public bool IsAvailable { get; } = IsUsable(new Uri(options.Issuer));

    /// <summary>Begins the registration of a new passkey.</summary>
    public async Task<PasskeyCeremony> BeginRegistrationAsync(HttpContext context, User user)
    {
        var entity = new PasskeyUserEntity { Id = user.Id.ToString(), Name = user.Email ?? user.Id.ToString(), DisplayName = user.DisplayName };
        var made = await Handler(context).MakeCreationOptionsAsync(entity, context);
        return new PasskeyCeremony(made.CreationOptionsJson, Seal(Registration + user.Id, made.AttestationState!));
    }

    /// <summary>Begins the registration of a passkey that will open an account in place of a password; the account may not exist yet.</summary>
    public async Task<PasskeyCeremony> BeginFirstAsync(HttpContext context, Guid userId, string email, string displayName)
    {
        var entity = new PasskeyUserEntity { Id = userId.ToString(), Name = email, DisplayName = displayName.Length > 0 ? displayName : email };
        var made = await Handler(context).MakeCreationOptionsAsync(entity, context);
        return new PasskeyCeremony(made.CreationOptionsJson, $"{userId} {Seal(First + userId, made.AttestationState!)}");
    }

    /// <summary>Checks the answer to that, which counts once; null when it is not good. Nothing is stored.</summary>
    public async Task<FirstPasskey?> CheckFirstAsync(HttpContext context, string name, string state, string credential)
    {
        if (state.Split(' ', 2) is not [var id, var text] || !Guid.TryParseExact(id, "D", out var userId) || Open(First + userId, text) is not { } opened)
        {
            return null;
        }

        if (await AttestAsync(context, userId, opened.State, credential) is not { } key || !await ClaimAsync(opened, context.RequestAborted))
        {
            return null;
        }

        key.Name = name;
        return new FirstPasskey(userId, key, MethodOf(key));
    }

    /// <summary>Begins the check of a passkey: of this person's, or of anybody's when it says itself who they are.</summary>
    public async Task<PasskeyCeremony> BeginCheckAsync(HttpContext context, User? user)
    {
        var made = await Handler(context).MakeRequestOptionsAsync(user, context);
        return new PasskeyCeremony(made.RequestOptionsJson, Seal(user?.Id.ToString() ?? Anybody, made.AssertionState!));
    }

    /// <summary>Stores a new passkey and says what kind of key it is (a value of amr); null when the answer is not good or there are too many.</summary>
    public async Task<string?> RegisterAsync(HttpContext context, Guid userId, string name, string state, string credential)
    {
        if (Open(Registration + userId, state) is not { } opened)
        {
            return null;
        }

        if (await AttestAsync(context, userId, opened.State, credential) is not { } key)
        {
            return null;
        }

        var users = context.RequestServices.GetRequiredService<UserManager<User>>();
        var user = await users.FindByIdAsync(userId.ToString());
        if (user is null
            || (await users.GetPasskeysAsync(user)).Count >= LoginLimits.PasskeysPerAccount
            || !await ClaimAsync(opened, context.RequestAborted))
        {
            return null;
        }

        // In the context that Identity saves, so that both are written or neither.
        var database = context.RequestServices.GetRequiredService<DirectoryContext>();
        database.Add(Record(userId, FactorAction.PasskeyAdded, Base64Url.EncodeToString(key.CredentialId)));
        await notices.AddAsync(database, userId, AccountChange.PasskeyAdded, context.RequestAborted);
        key.Name = name;
        user.TwoFactorEnabled = true;
        user.SecurityStamp = Guid.NewGuid().ToString("N"); // A sign-in that began before knew nothing of it.
        user.UpdatedAt = clock.GetUtcNow();
        return (await users.AddOrUpdatePasskeyAsync(user, key)).Succeeded ? MethodOf(key) : null;
    }

    private async Task<UserPasskeyInfo?> AttestAsync(HttpContext context, Guid userId, string state, string credential)
    {
        var result = await Handler(context).PerformAttestationAsync(new PasskeyAttestationContext
        {
            HttpContext = context,
            CredentialJson = credential,
            AttestationState = state,
        });
        if (result.Succeeded && result.Passkey.IsUserVerified)
        {
            return result.Passkey;
        }

        log.PasskeyRefused(userId, result.Failure?.Message ?? "the person was not verified");
        return null;
    }

    /// <summary>
    /// Checks an answer: who it is and with what kind of key (a value of amr), or null. <paramref name="userId"/> is whose
    /// passkey it must be, or null when it says itself.
    /// </summary>
    public async Task<(User User, string Method)?> CheckAsync(HttpContext context, Guid? userId, string state, string credential)
    {
        if (Open(userId?.ToString() ?? Anybody, state) is not { } opened)
        {
            log.PasskeyRefused(userId, "the challenge is not ours, has expired or was for another purpose");
            return null;
        }

        var result = await Handler(context).PerformAssertionAsync(new PasskeyAssertionContext
        {
            HttpContext = context,
            CredentialJson = credential,
            AssertionState = opened.State,
        });
        if (!result.Succeeded)
        {
            log.PasskeyRefused(userId, result.Failure.Message);
            return null;
        }

        if (!await ClaimAsync(opened, context.RequestAborted))
        {
            log.PasskeyRefused(result.User.Id, "the challenge was answered before");
            return null;
        }

        await NoteUseAsync(result.User.Id, result.Passkey, context.RequestAborted);
        return (result.User, MethodOf(result.Passkey));
    }

    /// <summary>Gives a passkey another name. False when the person has no such passkey.</summary>
    public async Task<bool> RenameAsync(Guid userId, string passkeyId, string name, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (await FindAsync(context, userId, Base64Url.DecodeFromChars(passkeyId), cancellationToken) is not { } row)
        {
            return false;
        }

        context.Add(Record(userId, FactorAction.PasskeyRenamed, passkeyId));
        row.Data.Name = name;
        await context.SaveChangesAsync(cancellationToken);
        return true;
    }

    /// <summary>How Identity's handler has to check: our origin to the letter, our host as the relying party, and the person verified.</summary>
    internal static void Configure(IdentityPasskeyOptions passkey, LoginOptions login)
    {
        passkey.ServerDomain = new Uri(login.Issuer).Host;
        passkey.UserVerificationRequirement = "required"; // That is what makes it two factors in one.
        passkey.ResidentKeyRequirement = "required"; // To sign in without typing an address.
        passkey.AttestationConveyancePreference = "none"; // Which model it is does not matter, and is not ours to know.
        passkey.AuthenticatorTimeout = LoginLimits.PasskeyCeremony;
        passkey.ValidateOrigin = origin => ValueTask.FromResult(!origin.CrossOrigin && origin.Origin == login.Issuer);
    }

    private static bool IsUsable(Uri issuer) =>
        issuer.HostNameType == UriHostNameType.Dns && (issuer.Scheme == Uri.UriSchemeHttps || issuer.Host == "localhost");

    private static string MethodOf(UserPasskeyInfo passkey) =>
        passkey.IsBackupEligible ? AuthenticationMethods.SoftwareKey : AuthenticationMethods.HardwareKey;

    private static IPasskeyHandler<User> Handler(HttpContext context) => context.RequestServices.GetRequiredService<IPasskeyHandler<User>>();

    private static Task<IdentityUserPasskey<Guid>?> FindAsync(
        DirectoryContext context, Guid userId, byte[] credentialId, CancellationToken cancellationToken) =>
        context.Set<IdentityUserPasskey<Guid>>().FirstOrDefaultAsync(
            row => row.UserId == userId && row.CredentialId == credentialId, cancellationToken);

    private AuditEvent Record(Guid userId, string action, string passkeyId) =>
        new() { At = clock.GetUtcNow(), Actor = userId.ToString(), Action = action, Subject = userId.ToString(), Detail = passkeyId };

    private string Seal(string purpose, string state) => _protector.CreateProtector(purpose).Protect(
        (clock.GetUtcNow() + LoginLimits.PasskeyCeremony).ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture) + " " + state);

    private (string State, DateTimeOffset End)? Open(string purpose, string state)
    {
        try
        {
            var parts = _protector.CreateProtector(purpose).Unprotect(state).Split(' ', 2);
            var end = DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(parts[0], CultureInfo.InvariantCulture));
            return clock.GetUtcNow() < end ? (parts[1], end) : null;
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            return null;
        }
    }

    // The database decides which of several equal answers was first. What counts is what was sealed, which holds the challenge:
    // many texts open to the same, for a blank in one changes nothing.
    private async Task<bool> ClaimAsync((string State, DateTimeOffset End) opened, CancellationToken cancellationToken)
    {
        var end = opened.End;
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(opened.State)));
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Database.ExecuteSqlAsync(
            $"INSERT INTO used_challenges (hash, expires_at) VALUES ({hash}, {end.ToUnixTimeMilliseconds()}) ON CONFLICT DO NOTHING",
            cancellationToken) == 1;
    }

    private async Task NoteUseAsync(Guid userId, UserPasskeyInfo passkey, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (await FindAsync(context, userId, passkey.CredentialId, cancellationToken) is { } row)
        {
            row.Data.SignCount = passkey.SignCount;
            row.Data.IsBackedUp = passkey.IsBackedUp;
            context.Entry(row).Property<DateTimeOffset?>("LastUsedAt").CurrentValue = clock.GetUtcNow();
            await context.SaveChangesAsync(cancellationToken);
        }
    }
}
