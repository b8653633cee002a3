using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Postern.Directory.Factors;

/// <summary>
/// Codes of time (RFC 6238) in the form that every authenticator app knows: HMAC-SHA-1, six digits, a new one each 30 seconds.
/// </summary>
public static class Totp
{
    /// <summary>Bytes of a secret: the length of the hash, as RFC 4226 section 4 (R6) recommends.</summary>
    public const int SecretSize = 20;

    /// <summary>Digits of a code.</summary>
    public const int Digits = 6;

    /// <summary>How long a code is shown.</summary>
    public static readonly TimeSpan Step = TimeSpan.FromSeconds(30);

    /// <summary>Steps before and after the present one that count too, for clocks that are not quite right (RFC 6238 section 5.2).</summary>
    private const int Skew = 1;

    private const int Modulus = 1_000_000; // Ten to the number of digits.
    private const string Base32Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    /// <summary>A new random secret; the caller clears it.</summary>
    public static byte[] CreateSecret() => RandomNumberGenerator.GetBytes(SecretSize);

    /// <summary>The code of one moment.</summary>
    public static string CodeAt(ReadOnlySpan<byte> secret, DateTimeOffset time) =>
        CodeOf(secret, StepAt(time)).ToString("D6", CultureInfo.InvariantCulture);

    /// <summary>
    /// The six digits of what somebody typed, who may have put a space between them; null when it is anything else.
    /// </summary>
    public static string? Normalize(string typed)
    {
        if (typed.Length > 4 * Digits)
        {
            return null;
        }

        var digits = typed.Replace(" ", "", StringComparison.Ordinal).Replace("\u00A0", "", StringComparison.Ordinal);
        return digits.Length == Digits && digits.All(char.IsAsciiDigit) ? digits : null;
    }

    /// <summary>The time step whose code this is, the newest one if it were several; null when the code is wrong. Takes the same time for each.</summary>
    public static long? FindStep(ReadOnlySpan<byte> secret, string code, DateTimeOffset now)
    {
        var typed = int.Parse(code, NumberStyles.None, CultureInfo.InvariantCulture);
        var present = StepAt(now);
        long? found = null;
        for (var step = present - Skew; step <= present + Skew; step++)
        {
            found = CodeOf(secret, step) == typed ? step : found;
        }

        return found;
    }

    /// <summary>A secret as people type it and apps read it: base32 without padding (RFC 4648 section 6).</summary>
    public static string ToBase32(ReadOnlySpan<byte> secret)
    {
        var text = new StringBuilder(((secret.Length * 8) + 4) / 5);
        var bits = 0;
        var count = 0;
        foreach (var next in secret)
        {
            bits = (bits << 8) | next;
            for (count += 8; count >= 5; count -= 5)
            {
                text.Append(Base32Alphabet[(bits >> (count - 5)) & 31]);
            }

            bits &= 255;
        }

        return count == 0 ? text.ToString() : text.Append(Base32Alphabet[(bits << (5 - count)) & 31]).ToString();
    }

    private static long StepAt(DateTimeOffset time) => time.ToUnixTimeSeconds() / (long)Step.TotalSeconds;

    // RFC 4226 section 5.3.
    private static int CodeOf(ReadOnlySpan<byte> secret, long step)
    {
        Span<byte> counter = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
        Span<byte> hash = stackalloc byte[HMACSHA1.HashSizeInBytes];
#pragma warning disable CA5350 // RFC 6238 and every app use HMAC-SHA-1, whose strength does not rest on collisions.
        HMACSHA1.HashData(secret, counter, hash);
#pragma warning restore CA5350
        var offset = hash[^1] & 0xF;
        return (BinaryPrimitives.ReadInt32BigEndian(hash[offset..]) & int.MaxValue) % Modulus;
    }
}
