namespace Postern.Cli.Ssh;

/// <summary>The words after <c>--</c> as the one text that ssh sends.</summary>
internal static class RemoteCommand
{
    /// <summary>One word is passed as it is, since the person quoted it; several are quoted one by one.</summary>
    public static string? Join(IReadOnlyList<string> words) => words.Count switch
    {
        0 => null,
        1 => words[0],
        _ => string.Join(' ', words.Select(Quote)),
    };

    public static string Quote(string word)
    {
        var isPlain = word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '@' or '%' or ':' or '-');
        return isPlain ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
    }
}
