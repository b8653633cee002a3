using System.CommandLine;
using System.Globalization;
using Postern.Cli.CommandLine;
using Postern.Cli.Hosting;
using Postern.Cli.Selection;
using Postern.Cli.Terminals;

namespace Postern.Cli.Projects;

/// <summary><c>project:list</c>.</summary>
internal static class ProjectCommands
{
    private static readonly string[] Columns = ["id", "title", "region", "organization_name", "organization_id", "organization_label", "organization_type", "created_at"];
    private static readonly string[] DefaultColumns = ["id", "title", "region", "organization_name", "organization_type"];

    public static Command List(CommandTree tree)
    {
        var pipe = new Option<bool>("--pipe") { Description = "Output a list of project IDs" };
        var region = new Option<string?>("--region") { Description = "Filter by region (exact match)" };
        var title = new Option<string?>("--title") { Description = "Filter by title (case-insensitive search)" };
        var refresh = new Option<bool>("--refresh") { Description = "Fetch the list anew", Hidden = true };
        var sort = new Option<string>("--sort") { Description = "Sort by: title, id, region, created_at", DefaultValueFactory = _ => "title" };
        var reverse = new Option<bool>("--reverse") { Description = "Sort in reverse (descending) order" };
        var org = new Option<string?>("--org", "-o") { Description = "Filter by organization name or ID" };
        var table = new TableOptions();
        var command = new Command("project:list", "Get a list of all active projects") { pipe, region, title, refresh, sort, reverse, org };
        command.Aliases.Add("projects");
        command.Aliases.Add("pro");
        table.AddTo(command);
        return command.Does(tree, async (invocation, cancellation) =>
        {
            IEnumerable<ProjectSummary> projects = await new ProjectDirectoryReader(invocation).ListAsync(cancellation);
            projects = projects
                .Where(p => invocation.Value(region) is not { } r || p.Region.Equals(r, StringComparison.OrdinalIgnoreCase))
                .Where(p => invocation.Value(title) is not { } t || p.Title.Contains(t, StringComparison.OrdinalIgnoreCase))
                .Where(p => invocation.Value(org) is not { } o || p.OrganizationName == o || p.OrganizationId == o);
            projects = invocation.Value(sort) switch
            {
                "title" => projects.OrderBy(p => p.Title, StringComparer.OrdinalIgnoreCase),
                "id" => projects.OrderBy(p => p.Id, StringComparer.Ordinal),
                "region" => projects.OrderBy(p => p.Region, StringComparer.Ordinal),
                "created_at" => projects.OrderBy(p => p.CreatedAt),
                var other => throw CliException.Argument($"Invalid sort: {other} (available: title, id, region, created_at)"),
            };
            var shown = (invocation.Value(reverse) ? projects.Reverse() : projects).ToList();
            if (invocation.Value(pipe))
            {
                shown.ForEach(p => invocation.Terminal.WriteLine(SafeText.Clean(p.Id, keepLines: false)));
                return ExitCode.Success;
            }

            if (shown.Count == 0)
            {
                invocation.Terminal.Say("No projects found.");
                return ExitCode.Success;
            }

            var rows = new Table(Columns, DefaultColumns);
            foreach (var p in shown)
            {
                rows.Add(
                    ("id", p.Id), ("title", p.Title), ("region", p.Region), ("organization_name", p.OrganizationName), ("organization_id", p.OrganizationId),
                    ("organization_label", p.OrganizationLabel), ("organization_type", p.OrganizationType), ("created_at", p.CreatedAt?.ToString("O", CultureInfo.InvariantCulture)));
            }

            if (!table.IsForMachine(invocation))
            {
                invocation.Terminal.Say("Your projects are:\n");
            }

            table.Print(invocation, rows);
            if (!table.IsForMachine(invocation))
            {
                invocation.Terminal.Say($"\nList a project's environments by running: {invocation.Config.Executable} environments --project [ID]");
            }

            return ExitCode.Success;
        });
    }
}
