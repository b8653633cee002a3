namespace Postern.Login.Passwords;

/// <summary>
/// How long a password is to somebody who guesses by pattern: a common word, a keyboard row, a repetition, a year or a part of
/// the person's own name counts like one character. It finds "Password2026!!" and "qwertyuiop12", not every bad password;
/// for those that leaked there is <see cref="BreachedPasswordFile"/>.
/// </summary>
internal static class PasswordPatterns
{
    /// <summary>Shortest part of a row that people notice, such as "1234".</summary>
    private const int ShortestRow = 4;

    /// <summary>Shortest repetition of what stood before that counts as one.</summary>
    private const int ShortestRepeat = 3;

    private const int YearLength = 4;

    // Read forwards and backwards.
    private static readonly string[] Rows = BothWays(
    [
        "abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "azertyuiop",
        "1q2w3e4r5t6y7u8i9o0p", "1qaz2wsx3edc4rfv5tgb6yhn7ujm", "qazwsxedcrfvtgbyhnujm", "!@#$%^&*()",
    ]);

    // What lists of leaked passwords of twelve characters and more are built from.
    private static readonly string[] CommonWords =
    [
        "password", "passwort", "passwd", "passphrase", "secret", "welcome", "letmein", "admin", "administrator", "root", "login",
        "user", "guest", "test", "default", "changeme", "change", "master", "access", "system", "server", "linux", "ubuntu", "debian",
        "company", "office", "summer", "winter", "spring", "autumn", "monday", "friday", "january", "february", "march", "april",
        "june", "july", "august", "september", "october", "november", "december", "iloveyou", "love", "monkey", "dragon", "sunshine",
        "princess", "football", "baseball", "superman", "batman", "shadow", "michael", "jessica", "charlie", "jordan", "liverpool",
        "arsenal", "chelsea", "starwars", "computer", "internet", "whatever", "trustno1", "freedom", "hello", "flower", "killer",
        "pokemon", "cheese", "cookie", "banana", "hunter", "ranger", "buster", "soccer", "hockey", "thomas", "robert", "daniel",
        "matthew", "jennifer", "amanda", "asdf", "qwer", "zxcv", "google", "facebook", "samsung", "apple", "mustang", "mercedes",
        "secure", "security", "private", "correct horse battery staple", "correcthorsebatterystaple", "my", "new", "the", "123",
    ];

    /// <summary>The length after each pattern is counted as one character.</summary>
    /// <param name="password">The password.</param>
    /// <param name="known">Words that anybody would try for this person: parts of the address, names.</param>
    public static int CountUnpredictable(string password, IReadOnlyCollection<string> known)
    {
        var text = password.ToLowerInvariant();
        var plain = string.Create(text.Length, text, static (letters, source) =>
        {
            for (var i = 0; i < letters.Length; i++)
            {
                letters[i] = Plain(source[i]);
            }
        });
        var count = 0;
        for (var i = 0; i < text.Length; count++)
        {
            i += LongestPattern(text, plain, i, known);
        }

        return count;
    }

    private static int LongestPattern(string text, string plain, int start, IReadOnlyCollection<string> known)
    {
        var longest = 1;
        foreach (var word in CommonWords.Concat(known))
        {
            if (word.Length > longest
                && (StartsAt(text, start, word) || StartsAt(plain, start, word)))
            {
                longest = word.Length;
            }
        }

        foreach (var row in Rows)
        {
            longest = Math.Max(longest, SharedWithRow(text, start, row));
        }

        longest = Math.Max(longest, Repeated(text, start));
        return longest < YearLength && IsYear(text, start) ? YearLength : longest;
    }

    private static bool StartsAt(string text, int start, string word) =>
        string.CompareOrdinal(text, start, word, 0, word.Length) == 0;

    private static int SharedWithRow(string text, int start, string row)
    {
        var longest = 0;
        for (var at = row.IndexOf(text[start], StringComparison.Ordinal); at >= 0; at = row.IndexOf(text[start], at + 1))
        {
            var length = 1;
            while (start + length < text.Length && at + length < row.Length && text[start + length] == row[at + length])
            {
                length++;
            }

            longest = Math.Max(longest, length);
        }

        return longest >= ShortestRow ? longest : 0;
    }

    // What stood anywhere before, overlapping itself too: "aaaa" repeats its first letter.
    private static int Repeated(string text, int start)
    {
        var longest = 0;
        for (var from = 0; from < start; from++)
        {
            var length = 0;
            while (start + length < text.Length && text[from + length] == text[start + length])
            {
                length++;
            }

            longest = Math.Max(longest, length);
        }

        return longest >= ShortestRepeat ? longest : 0;
    }

    private static bool IsYear(string text, int start) =>
        start + YearLength <= text.Length
        && text.AsSpan(start, 2) is "19" or "20"
        && char.IsAsciiDigit(text[start + 2])
        && char.IsAsciiDigit(text[start + 3]);

    // The letter that people write a digit or sign for.
    private static char Plain(char c) => c switch
    {
        '0' => 'o',
        '1' => 'l',
        '3' => 'e',
        '4' or '@' => 'a',
        '5' or '$' => 's',
        '7' => 't',
        '!' => 'i',
        _ => c,
    };

    private static string[] BothWays(string[] rows) => [.. rows, .. rows.Select(row => new string([.. row.Reverse()]))];
}
