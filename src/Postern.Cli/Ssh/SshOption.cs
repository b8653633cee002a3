namespace Postern.Cli.Ssh;

/// <summary>Values of ssh's -o options.</summary>
internal static class SshOption
{
    /// <summary>A path as one word, with ssh's tokens disarmed.</summary>
    public static string Path(string path)
    {
        var text = path.Replace("%", "%%", StringComparison.Ordinal);
        return text.Any(char.IsWhiteSpace) ? $"\"{text}\"" : text;
    }
}
