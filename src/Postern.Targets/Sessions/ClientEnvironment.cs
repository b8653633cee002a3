namespace Postern.Targets.Sessions;

/// <summary>
/// Decides which of the variables that a client sends reach its session. An allow list: what programs load or run by
/// (LD_*, PATH, BASH_ENV, GIT_*) is never taken, and values are plain words, since they also pass through the
/// programs that set up the session.
/// </summary>
internal static class ClientEnvironment
{
    /// <summary>More variables than any client sends; the rest is refused.</summary>
    internal const int MaxVariables = 64;

    /// <summary>Longest value; locale and terminal names have some 30 characters.</summary>
    internal const int MaxValueLength = 128;

    private const int MaxNameLength = 64;

    /// <summary>Whether a variable may be set to a value.</summary>
    internal static bool IsAllowed(string name, string value) => name switch
    {
        "GIT_PROTOCOL" => value is "version=0" or "version=1" or "version=2",
        "TERM" => IsTerminalName(value),
        "LANG" or "LANGUAGE" or "COLORTERM" => IsPlainWord(value),
        _ => IsLocaleName(name) && IsPlainWord(value),
    };

    /// <summary>Whether a terminal's name is one: it names a file, so nothing but letters, digits and <c>.+-_</c>.</summary>
    internal static bool IsTerminalName(string value)
        => value.Length is > 0 and <= MaxValueLength
            && char.IsAsciiLetterOrDigit(value[0])
            && value.All(character => char.IsAsciiLetterOrDigit(character) || character is '.' or '+' or '-' or '_');

    private static bool IsLocaleName(string name)
        => name.Length is > 3 and <= MaxNameLength
            && name.StartsWith("LC_", StringComparison.Ordinal)
            && name.All(character => char.IsAsciiLetterUpper(character) || char.IsAsciiDigit(character) || character == '_');

    private static bool IsPlainWord(string value)
        => value.Length <= MaxValueLength
            && value.All(character => char.IsAsciiLetterOrDigit(character) || character is '.' or '-' or '_' or '@' or ':');
}
