namespace Postern.Cli.Sessions;

/// <summary>Names of sessions; a person may keep several beside one another.</summary>
internal static class SessionName
{
    public const string Default = "default";
    private const int MaxLength = 100;

    public static bool IsValid(string name) =>
        name.Length is > 0 and <= MaxLength && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');
}
