using System.Security.Cryptography;
using System.Text;

namespace Postern.Directory.Devices;

/// <summary>
/// The short code that a person compares or types. Consonants only (RFC 8628 section 6.1), so that it is typed without a
/// shift key, spells no word, and no letter looks like a digit.
/// </summary>
public static class UserCode
{
    private const string Letters = "BCDFGHJKLMNPQRSTVWXZ";
    private const int GroupLength = DeviceLimits.UserCodeLength / 2;

    /// <summary>A new code in the form people see.</summary>
    internal static string Create() => Show(RandomNumberGenerator.GetString(Letters, DeviceLimits.UserCodeLength));

    /// <summary>
    /// The code in the form people see, whatever blanks, dashes and lower case it was typed with; null when it cannot be one.
    /// </summary>
    public static string? Read(string? typed)
    {
        if (typed is null or { Length: > DeviceLimits.TypedUserCode })
        {
            return null;
        }

        var letters = new StringBuilder(DeviceLimits.UserCodeLength);
        foreach (var character in typed)
        {
            var upper = char.ToUpperInvariant(character);
            if (Letters.Contains(upper, StringComparison.Ordinal))
            {
                letters.Append(upper);
            }
            else if (char.IsLetterOrDigit(character))
            {
                return null;
            }
        }

        return letters.Length == DeviceLimits.UserCodeLength ? Show(letters.ToString()) : null;
    }

    private static string Show(string letters) => $"{letters[..GroupLength]}-{letters[GroupLength..]}";
}
