using System.Text.RegularExpressions;
using Postern.Directory.Projects;

namespace Postern.Directory.Apply;

/// <summary>What a text may look like, with the words that say so.</summary>
internal sealed partial record NameRule(string Expectation, int MaximumLength, Func<string, bool> IsValid)
{
    private const int LongText = 32 * 1024;
    private const int ShortText = 255;
    private const int DnsLabel = 63;

    public static readonly NameRule Label = new("a text for people", ShortText, t => !t.Any(char.IsControl) && t.Trim().Length > 0);

    public static readonly NameRule OrganizationName = new(
        "lower-case letters, digits and single hyphens", DnsLabel, t => LowerCaseName().IsMatch(t));

    public static readonly NameRule Project = new(
        $"{ProjectId.MinimumLength} to {ProjectId.MaximumLength} lower-case letters and digits", ProjectId.MaximumLength, ProjectId.IsValid);

    public static readonly NameRule Region = new("lower-case letters, digits, hyphens and dots", DnsLabel, t => RegionName().IsMatch(t));

    // What Git accepts is wider; these are the names that also work in URLs, files and shells.
    public static readonly NameRule Branch = new(
        "a Git branch name of letters, digits and . _ / -", ShortText, t => BranchName().IsMatch(t) && !t.Contains("..", StringComparison.Ordinal));

    // A double hyphen separates the parts of an SSH user name, and digits alone are an instance there.
    public static readonly NameRule App = new(
        "letters, digits, underscores and single hyphens, not digits alone", DnsLabel, t => PartName().IsMatch(t) && !t.All(char.IsAsciiDigit));

    public static readonly NameRule Service = new("letters, digits, underscores and single hyphens", DnsLabel, t => PartName().IsMatch(t));

    public static readonly NameRule Type = new("a name and a version such as postgresql:15", ShortText, t => TypeName().IsMatch(t));

    public static readonly NameRule Email = new(
        "the e-mail address of an account", 256, t => t.Count(c => c == '@') == 1 && !t.Any(c => char.IsControl(c) || char.IsWhiteSpace(c)));

    public static readonly NameRule Account = new(
        "the e-mail address of an account, or the user name of a machine user", 256, t => Email!.IsValid(t));

    public static readonly NameRule Variable = new(
        "letters, digits and _ - : . and no digit in front", ShortText, t => VariableName().IsMatch(t));

    public static readonly NameRule Value = new("a text without NUL characters", LongText, t => !t.Contains('\0', StringComparison.Ordinal));

    public static readonly NameRule Command = new("a command line", LongText, t => t.Trim().Length > 0 && !t.Contains('\0', StringComparison.Ordinal));

    public static readonly NameRule Folder = new("the path of a folder", 4096, t => t.Length > 0 && !t.Any(char.IsControl));

    public static readonly NameRule Mount = new("a path below the app's folder, without . or ..", ShortText, IsMountPath);

    public static readonly NameRule Url = new(
        "a URL that begins with http:// or https://", 2048, t => UrlStart().IsMatch(t) && !t.Any(c => char.IsControl(c) || char.IsWhiteSpace(c)));

    /// <summary>What is wrong with a text, or null.</summary>
    public string? FindFault(string text)
    {
        if (text.Length > MaximumLength)
        {
            return $"the text has {text.Length} characters; at most {MaximumLength} are allowed.";
        }

        return IsValid(text) ? null : $"this must be {Expectation}.";
    }

    private static bool IsMountPath(string path)
    {
        var parts = path.TrimStart('/').Split('/');
        return parts.All(p => p.Length > 0 && p is not ("." or "..")) && !path.Any(c => char.IsControl(c) || c == '\\');
    }

    [GeneratedRegex(@"\A[a-z0-9]+(-[a-z0-9]+)*\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex LowerCaseName();

    [GeneratedRegex(@"\A[a-z0-9]+([.-][a-z0-9]+)*\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex RegionName();

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex BranchName();

    [GeneratedRegex(@"\A[A-Za-z0-9_]+(-[A-Za-z0-9_]+)*\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex PartName();

    [GeneratedRegex(@"\A[a-z][a-z0-9-]*:[A-Za-z0-9.]+\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TypeName();

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_:.-]*\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex VariableName();

    [GeneratedRegex(@"\Ahttps?://.", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex UrlStart();
}
