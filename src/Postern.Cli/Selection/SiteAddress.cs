using System.Text.RegularExpressions;
using Postern.Cli.CommandLine;
using Postern.Cli.Hosting;

namespace Postern.Cli.Selection;

/// <summary>What the value of --project says: an id, or an address that leads to a project.</summary>
internal sealed record SiteAddress(string? ProjectId, string? Environment, string? App)
{
    public static readonly SiteAddress None = new(null, null, null);

    private static readonly TimeSpan RegexLimit = TimeSpan.FromSeconds(1);

    public static async Task<SiteAddress> ParseAsync(Invocation invocation, string value, CancellationToken cancellation)
    {
        if (!Regex.IsMatch(value, @"\W", RegexOptions.NonBacktracking) || !Uri.TryCreate(value.Contains("://", StringComparison.Ordinal) ? value : "https://" + value, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
        {
            return new SiteAddress(value, null, null);
        }

        return FromSite(invocation, uri.Host) ?? FromPath(uri) ?? FromConsole(invocation, uri) ?? await FromHeaderAsync(invocation, uri, cancellation)
            ?? throw CliException.Argument($"The address does not lead to a project: {value}");
    }

    // <environment machine name>-<project>.<region>.<site domain>, perhaps after ---, perhaps with --app.
    private static SiteAddress? FromSite(Invocation invocation, string host)
    {
        foreach (var domain in invocation.Config.SiteDomains)
        {
            var match = Regex.Match(host, $@"^(?:.*---)?(?<environment>[a-z0-9-]+)-(?<project>\w+)(?:--(?<app>[a-z0-9-]+))?\.[a-z]+(?:-[0-9])?\.{Regex.Escape(domain)}$", RegexOptions.None, RegexLimit);
            if (match.Success)
            {
                return new SiteAddress(match.Groups["project"].Value, match.Groups["environment"].Value, match.Groups["app"] is { Success: true } app ? app.Value : null);
            }
        }

        return null;
    }

    private static SiteAddress? FromPath(Uri uri)
    {
        var match = Regex.Match(uri.AbsolutePath, @"/projects/(?<project>\w+)(?:/environments/(?<environment>[^/]+))?", RegexOptions.None, RegexLimit);
        return match.Success ? new SiteAddress(match.Groups["project"].Value, Part(match.Groups["environment"]), null) : null;
    }

    private static SiteAddress? FromConsole(Invocation invocation, Uri uri)
    {
        if (invocation.Config.ConsoleUrl is not { } console || !new Uri(console).Host.Equals(uri.Host, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var match = Regex.Match(uri.AbsolutePath, @"^/[^/]+/(?<project>\w+)(?:/(?<environment>[^/]+))?", RegexOptions.None, RegexLimit);
        return match.Success ? new SiteAddress(match.Groups["project"].Value, Part(match.Groups["environment"]) is "-" ? null : Part(match.Groups["environment"]), null) : null;
    }

    private static async Task<SiteAddress?> FromHeaderAsync(Invocation invocation, Uri uri, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, uri);
        var cluster = await invocation.Sender.ReadHeaderAsync(request, invocation.Config.ClusterHeader, cancellation);
        var match = cluster is null ? null : Regex.Match(cluster, "^(?<project>[a-z0-9]+)-(?<environment>[a-z0-9-]+)$", RegexOptions.None, RegexLimit);
        return match?.Success == true ? new SiteAddress(match.Groups["project"].Value, match.Groups["environment"].Value, null) : null;
    }

    private static string? Part(Group group) => group.Success ? Uri.UnescapeDataString(group.Value) : null;
}
