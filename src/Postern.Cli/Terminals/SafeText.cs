using System.Text;

namespace Postern.Cli.Terminals;

/// <summary>Makes text from a server harmless to a terminal: control characters could move the cursor, hide text or answer for the user.</summary>
internal static class SafeText
{
    public static string Clean(string text, bool keepLines = true)
    {
        if (!text.Any(c => IsUnsafe(c, keepLines)))
        {
            return text;
        }

        var clean = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            clean.Append(IsUnsafe(c, keepLines) ? '\uFFFD' : c);
        }

        return clean.ToString();
    }

    // C0, DEL and C1 controls, and the characters that reorder text on screen.
    private static bool IsUnsafe(char c, bool keepLines) => c switch
    {
        '\n' => !keepLines,
        '\t' => false,
        < ' ' or (>= '\u007f' and <= '\u009f') => true,
        (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069') => true,
        _ => false,
    };
}
