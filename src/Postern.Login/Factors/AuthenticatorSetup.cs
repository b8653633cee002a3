using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Postern.Directory.Factors;
using Postern.Directory.People;
using QRCoder;

namespace Postern.Login.Factors;

/// <summary>
/// Makes the secret of a new authenticator app and takes its first code. Until then the secret is only in the page: as the
/// picture, as text, and sealed for the way back, for this person and a quarter of an hour.
/// </summary>
internal sealed class AuthenticatorSetup(IDataProtectionProvider protection, LoginOptions options, TimeProvider clock)
{
    private const int QuietZone = 4; // Modules of margin (ISO/IEC 18004).

    private readonly IDataProtector _protector = protection.CreateProtector("postern.authenticator-setup");

    /// <summary>A new secret, sealed.</summary>
    public string Begin(User user)
    {
        var secret = Totp.CreateSecret();
        var end = (clock.GetUtcNow() + LoginLimits.AuthenticatorSetup).ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        return _protector.CreateProtector(user.Id.ToString()).Protect(end + " " + Convert.ToHexString(secret));
    }

    /// <summary>The secret that was sealed for this person, or null when it was not or is too old.</summary>
    public byte[]? Open(User user, string sealedSecret)
    {
        try
        {
            var parts = _protector.CreateProtector(user.Id.ToString()).Unprotect(sealedSecret).Split(' ');
            var end = DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(parts[0], CultureInfo.InvariantCulture));
            return clock.GetUtcNow() < end ? Convert.FromHexString(parts[1]) : null;
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            return null;
        }
    }

    /// <summary>The secret for typing, in groups of four.</summary>
    public static string Text(byte[] secret) =>
        string.Join(' ', Totp.ToBase32(secret).Chunk(4).Select(group => new string(group)));

    /// <summary>The address that apps read from the picture.</summary>
    public string Address(User user, byte[] secret)
    {
        var issuer = Uri.EscapeDataString(options.DeploymentName);
        return $"otpauth://totp/{issuer}:{Uri.EscapeDataString(user.Email ?? user.Id.ToString())}"
            + $"?secret={Totp.ToBase32(secret)}&issuer={issuer}&algorithm=SHA1&digits={Totp.Digits}&period={(int)Totp.Step.TotalSeconds}";
    }

    /// <summary>The picture: its width in modules and the dark ones as the path of an SVG.</summary>
    public static (int Size, string Path) Draw(string address)
    {
        using var code = QRCodeGenerator.GenerateQrCode(address, QRCodeGenerator.ECCLevel.M);
        var rows = code.ModuleMatrix; // With its margin of four modules.
        var path = new System.Text.StringBuilder();
        for (var y = QuietZone; y < rows.Count - QuietZone; y++)
        {
            for (var x = QuietZone; x < rows.Count - QuietZone; x++)
            {
                if (rows[y][x])
                {
                    path.Append(CultureInfo.InvariantCulture, $"M{x} {y}h1v1h-1z");
                }
            }
        }

        return (rows.Count, path.ToString());
    }
}
