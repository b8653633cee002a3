using Postern.Cli.CommandLine;
using Postern.Contracts.Api;

namespace Postern.Cli.Selection;

/// <summary>Reads which projects the person may see.</summary>
internal sealed class ProjectDirectoryReader(Invocation invocation)
{
    /// <summary>More pages than this are a server that links in circles.</summary>
    private const int MaxPages = 100;

    public async Task<IReadOnlyList<ProjectSummary>> ListAsync(CancellationToken cancellation)
    {
        var userId = await invocation.Certificates.UserIdAsync(cancellation);
        var projects = new Dictionary<string, ProjectReference>(StringComparer.Ordinal);
        var organizations = new Dictionary<string, OrganizationReference>(StringComparer.Ordinal);
        var order = new List<string>();
        var next = $"/users/{Uri.EscapeDataString(userId)}/extended-access?filter[resource_type]=project";
        for (var page = 0; next is not null && page < MaxPages; page++)
        {
            var access = await invocation.Api.GetAsync(next, ApiJsonContext.Default.ExtendedAccessList, cancellation);
            order.AddRange(access.Items.Select(i => i.ResourceId));
            foreach (var (relation, links) in access.Links)
            {
                foreach (var path in links.Select(l => PathAndQuery(l.Href)))
                {
                    if (relation.StartsWith("ref:projects:", StringComparison.Ordinal))
                    {
                        Merge(projects, await invocation.Api.GetAsync(path, ApiJsonContext.Default.DictionaryStringProjectReference, cancellation));
                    }
                    else if (relation.StartsWith("ref:organizations:", StringComparison.Ordinal))
                    {
                        Merge(organizations, await invocation.Api.GetAsync(path, ApiJsonContext.Default.DictionaryStringOrganizationReference, cancellation));
                    }
                }
            }

            next = access.Links.TryGetHref("next", out var href) ? PathAndQuery(href) : null;
        }

        var filter = invocation.Config.VendorFilter;
        return
        [
            .. order.Distinct(StringComparer.Ordinal)
                .Select(id => projects.GetValueOrDefault(id))
                .OfType<ProjectReference>()
                .Where(p => filter is null || p.Vendor == filter)
                .Select(p => Summarise(p, organizations.GetValueOrDefault(p.OrganizationId)))
                .OrderBy(p => p.Title, StringComparer.OrdinalIgnoreCase).ThenBy(p => p.Id, StringComparer.Ordinal),
        ];
    }

    private static ProjectSummary Summarise(ProjectReference project, OrganizationReference? organization) => new(
        project.Id, project.Title, project.Region, project.OrganizationId, organization?.Name ?? "", organization?.Label ?? "", organization?.Type ?? "", project.CreatedAt);

    private static void Merge<T>(Dictionary<string, T> all, Dictionary<string, T?> page)
        where T : class
    {
        foreach (var (id, value) in page)
        {
            if (value is not null)
            {
                all[id] = value;
            }
        }
    }

    // Only the path of a link counts, so that a server cannot send the token to another host.
    private static string PathAndQuery(string href) =>
        Uri.TryCreate(href, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" ? uri.PathAndQuery : href.StartsWith('/') ? href : "/" + href;
}
