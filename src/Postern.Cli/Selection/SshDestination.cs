using System.Text.RegularExpressions;
using Postern.Cli.Hosting;

namespace Postern.Cli.Selection;

/// <summary>User and host of an SSH link. A port in the link is dropped: ports belong to the ssh configuration.</summary>
internal sealed partial record SshDestination(string User, string Host)
{
    public override string ToString() => $"{User}@{Host}";

    /// <summary>Reads an <c>ssh://user@host</c> link.</summary>
    /// <exception cref="CliException">The link holds characters that ssh or a shell could take for something else.</exception>
    public static SshDestination Parse(string href)
    {
        var match = Link().Match(href);
        return match.Success
            ? new SshDestination(match.Groups["user"].Value, match.Groups["host"].Value)
            : throw CliException.Failure("The server sent an SSH address that cannot be used: " + href);
    }

    // Neither part may begin with a dash, which ssh would take for an option.
    [GeneratedRegex("^ssh://(?<user>[A-Za-z0-9_.][A-Za-z0-9_.-]{0,254})@(?<host>[A-Za-z0-9][A-Za-z0-9.-]{0,252})(:[0-9]{1,5})?/?$", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Link();
}
