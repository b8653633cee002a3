using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Playwright;
using Postern.Directory.Factors;

namespace Postern.Web.Tests;

/// <summary>A phone with an authenticator app on it: it scans the picture of a page, and knows the codes from then on.</summary>
internal sealed class AuthenticatorPhone
{
    private readonly byte[] _secret;
    private DateTimeOffset _next;

    private AuthenticatorPhone(byte[] secret) => _secret = secret;

    public static async Task<AuthenticatorPhone> ScanAsync(IPage page) => new(SecretOf(await QrPicture.ScanAsync(page)));

    /// <summary>
    /// A code that was not used before. The second one within half a minute is that of the next, which the server takes already, so
    /// that nobody waits for it; a third one would be too early.
    /// </summary>
    public string NextCode()
    {
        var now = DateTimeOffset.UtcNow;
        _next = now > _next ? now : _next;
        var code = Totp.CodeAt(_secret, _next);
        _next += Totp.Step;
        return code;
    }

    /// <summary>What an app keeps of the picture.</summary>
    public static byte[] SecretOf(string address)
    {
        var bits = string.Concat(QueryHelpers.ParseQuery(new Uri(address).Query)["secret"].ToString().Select(c =>
            Convert.ToString("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".IndexOf(c, StringComparison.Ordinal), 2).PadLeft(5, '0')));
        return [.. bits.Chunk(8).Where(b => b.Length == 8).Select(b => Convert.ToByte(new string(b), 2))];
    }
}
