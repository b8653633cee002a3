namespace Postern.Cli.Selection;

/// <summary>A project in a list.</summary>
internal sealed record ProjectSummary(string Id, string Title, string Region, string OrganizationId, string OrganizationName, string OrganizationLabel, string OrganizationType, DateTimeOffset? CreatedAt)
{
    public string Label => Title.Length > 0 ? $"{Title} ({Id})" : Id;
}
