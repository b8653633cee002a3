using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.Factors;
using Postern.Directory.Storage;

namespace Postern.Login.SingleSignOn;

/// <summary>
/// Keeps what a sign-in at a provider was begun with in a sealed cookie of this browser, for a quarter of an hour. Each is good
/// for one answer, which the database remembers; a new one takes the place of the one before.
/// </summary>
internal sealed class SsoAttempts(
    IDataProtectionProvider protection, IDbContextFactory<DirectoryContext> contexts, LoginOptions options, TimeProvider clock)
{
    private const int RandomBytes = 32;

    private readonly IDataProtector _protector = protection.CreateProtector("Postern.Login.SingleSignOn.Attempt");

    public SsoAttempt Begin(HttpContext context, string provider, string returnUrl, bool isAgain)
    {
        var attempt = new SsoAttempt(provider, Random(), Random(), Random(), returnUrl, isAgain, clock.GetUtcNow());
        var text = Base64Url.EncodeToString(_protector.Protect(JsonSerializer.SerializeToUtf8Bytes(attempt)));
        context.Response.Cookies.Append(CookieName, text, Cookie(SsoLimits.Attempt));
        return attempt;
    }

    /// <summary>The attempt that an answer with this state belongs to, which is over then; null when it belongs to none of this browser.</summary>
    public async Task<SsoAttempt?> TakeAsync(HttpContext context, string provider, string? state)
    {
        var attempt = Read(context.Request.Cookies[CookieName]);
        if (attempt is null || state is null || attempt.Provider != provider
            || clock.GetUtcNow() - attempt.BeganAt > SsoLimits.Attempt
            || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(attempt.State), Encoding.UTF8.GetBytes(state)))
        {
            return null;
        }

        context.Response.Cookies.Delete(CookieName, Cookie(null));
        return await UseAsync(attempt, context.RequestAborted) ? attempt : null;
    }

    private string CookieName => (options.IsHttps ? "__Host-" : "") + "postern-sso";

    /// <summary>Whoever has a copy of the cookie and of the answer comes too late.</summary>
    private async Task<bool> UseAsync(SsoAttempt attempt, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        context.UsedChallenges.Add(new UsedChallenge
        {
            Hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("sso " + attempt.State))),
            ExpiresAt = attempt.BeganAt + SsoLimits.Attempt + TimeSpan.FromMinutes(1),
        });
        try
        {
            await context.SaveChangesAsync(cancellationToken);
            return true;
        }
        catch (DbUpdateException)
        {
            return false;
        }
    }

    private SsoAttempt? Read(string? cookie)
    {
        if (cookie is not { Length: > 0 and <= LoginLimits.Token })
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<SsoAttempt>(_protector.Unprotect(Base64Url.DecodeFromChars(cookie)));
        }
        catch (Exception e) when (e is FormatException or CryptographicException or JsonException)
        {
            return null; // Nothing of ours, or of a key that is no longer there.
        }
    }

    // Lax: the provider's answer comes by a link from its site.
    private CookieOptions Cookie(TimeSpan? lifetime) => new()
    {
        Path = "/",
        HttpOnly = true,
        Secure = options.IsHttps,
        SameSite = SameSiteMode.Lax,
        IsEssential = true,
        MaxAge = lifetime,
    };

    private static string Random() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes));
}
