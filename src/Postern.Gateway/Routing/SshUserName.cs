using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Postern.Gateway.Routing;

/// <summary>
/// The user name of an SSH connection, which says where it goes:
/// <c>&lt;project&gt;-&lt;machine&gt;--&lt;app&gt;[--&lt;worker&gt;][--&lt;n&gt;]</c>. A last part of digits only is an instance number.
/// </summary>
/// <param name="ProjectId">Project id.</param>
/// <param name="MachineName">Machine name of the environment.</param>
/// <param name="App">Name of the app.</param>
/// <param name="Worker">Name of a worker of the app, or null.</param>
/// <param name="Instance">Number of the instance, from 0.</param>
public sealed partial record SshUserName(string ProjectId, string MachineName, string App, string? Worker, int Instance)
{
    /// <summary>Longest accepted name in characters: project 32, machine 32 + 8, app and worker 64 each, the rest separators.</summary>
    public const int MaximumLength = 220;

    /// <summary>Highest instance number; far above what anything runs and small enough for every integer type.</summary>
    private const int MaximumInstanceDigits = 4;

    /// <summary><c>app</c> or <c>app--worker</c>.</summary>
    public string QualifiedApp => Worker is null ? App : $"{App}--{Worker}";

    /// <summary>Reads a user name; false for everything that is not exactly of the grammar.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out SshUserName? name)
    {
        name = null;
        if (text.Length > MaximumLength || Grammar().Match(text) is not { Success: true } match)
        {
            return false;
        }

        var parts = match.Groups["rest"].Value.Split("--").ToList();
        var instance = 0;
        if (parts.Count > 1 && parts[^1].Length > 0 && parts[^1].All(char.IsAsciiDigit))
        {
            if (parts[^1].Length > MaximumInstanceDigits)
            {
                return false;
            }

            instance = int.Parse(parts[^1], NumberStyles.None, CultureInfo.InvariantCulture);
            parts.RemoveAt(parts.Count - 1);
        }

        if (parts.Count > 2 || parts.Exists(part => !PartName().IsMatch(part) || part.All(char.IsAsciiDigit)))
        {
            return false;
        }

        name = new SshUserName(
            match.Groups["project"].Value,
            match.Groups["machine"].Value,
            parts[0],
            parts.Count == 2 ? parts[1] : null,
            instance);
        return true;
    }

    // The machine name ends in seven characters of base32, so the first "--" behind those ends it.
    [GeneratedRegex(@"\A(?<project>[a-z0-9]{1,32})-(?<machine>[a-z0-9-]{1,32}?-[a-z2-7]{7})--(?<rest>[a-zA-Z0-9_-]+)\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 100)]
    private static partial Regex Grammar();

    [GeneratedRegex(@"\A[a-zA-Z0-9_]+(-[a-zA-Z0-9_]+)*\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 100)]
    private static partial Regex PartName();
}
