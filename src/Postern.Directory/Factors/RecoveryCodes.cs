using System.Security.Cryptography;

namespace Postern.Directory.Factors;

/// <summary>Makes and reads recovery codes: three groups of four characters that cannot be mistaken for each other, 59 bits.</summary>
public static class RecoveryCodes
{
    /// <summary>How many an account has when they are new.</summary>
    public const int Count = 10;

    private const int Groups = 3;
    private const int GroupLength = 4;
    private const string Alphabet = "abcdefghjkmnpqrstuvwxyz23456789";

    /// <summary>A new code, such as <c>k7pd-w3xn-9hqe</c>.</summary>
    public static string Create() =>
        string.Join('-', Enumerable.Range(0, Groups).Select(_ => RandomNumberGenerator.GetString(Alphabet, GroupLength)));

    /// <summary>The code in what somebody typed, in whatever case and with or without hyphens and spaces; null when it is none.</summary>
    public static string? Normalize(string typed)
    {
        if (typed.Length > 4 * Groups * GroupLength)
        {
            return null;
        }

        var letters = new string([.. typed.Where(c => c is not (' ' or '-' or '\u00A0')).Select(char.ToLowerInvariant)]);
        return letters.Length == Groups * GroupLength && letters.All(c => Alphabet.Contains(c, StringComparison.Ordinal))
            ? string.Join('-', letters.Chunk(GroupLength).Select(group => new string(group)))
            : null;
    }
}
