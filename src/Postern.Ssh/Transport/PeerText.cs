using System.Globalization;
using System.Text;

namespace Postern.Ssh.Transport;

/// <summary>
/// Makes a peer's text fit for logs and terminals: whatever could move a cursor, change colours or reorder what is read
/// (control and format characters, lone surrogates) becomes a question mark.
/// </summary>
internal static class PeerText
{
    /// <summary>One line of at most <paramref name="length"/> characters.</summary>
    public static string ToLine(string text, int length) => Filter(text, length, keepsLines: false);

    /// <summary>Several lines: line feeds and tabs stay, carriage returns go.</summary>
    public static string ToLines(string text, int length) => Filter(text, length, keepsLines: true);

    private static string Filter(string text, int length, bool keepsLines)
    {
        var shown = new StringBuilder(Math.Min(text.Length, length));
        foreach (var rune in text.EnumerateRunes())
        {
            if (shown.Length + rune.Utf16SequenceLength > length)
            {
                break;
            }

            if (keepsLines && rune.Value is '\n' or '\t')
            {
                shown.Append((char)rune.Value);
            }
            else if (!keepsLines || rune.Value != '\r')
            {
                shown.Append(IsShown(rune) ? rune.ToString() : "?");
            }
        }

        return shown.ToString();
    }

    private static bool IsShown(Rune rune) => rune != Rune.ReplacementChar && Rune.GetUnicodeCategory(rune) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);
}
