using Microsoft.EntityFrameworkCore;
using Postern.Api.Accounts;
using Postern.Api.Answers;
using Postern.Directory.Storage;
using Json = Postern.Contracts.Api;
using OrganizationRow = Postern.Directory.Organizations.Organization;

namespace Postern.Api.Organizations;

/// <summary>Organizations that the caller belongs to.</summary>
internal static class OrganizationEndpoints
{
    private const string NamePrefix = "name=";

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/organizations", ListAsync);
        api.MapGet("/organizations/{id}", ShowAsync);
    }

    public static async Task<IResult> ListAsync(HttpContext http, IDbContextFactory<DirectoryContext> contexts)
    {
        await using var context = await contexts.CreateDbContextAsync(http.RequestAborted);
        var organizations = await Visible(context, http).OrderBy(o => o.Label).ThenBy(o => o.Id).ToListAsync(http.RequestAborted);
        return Answer.Ok(
            new Json.OrganizationList { Items = [.. organizations.Select(Resource)] }, Json.ApiJsonContext.Default.OrganizationList);
    }

    /// <summary>By id, or by name as <c>name=acme</c> (with the sign encoded or not).</summary>
    private static async Task<IResult> ShowAsync(HttpContext http, string id, IDbContextFactory<DirectoryContext> contexts)
    {
        await using var context = await contexts.CreateDbContextAsync(http.RequestAborted);
        var name = id.StartsWith(NamePrefix, StringComparison.Ordinal) ? id[NamePrefix.Length..] : null;
        var organization = await Visible(context, http)
            .SingleOrDefaultAsync(o => name != null ? o.Name == name : o.Id == id, http.RequestAborted);
        if (organization is null)
        {
            return Answer.NotFound();
        }

        return organization.RequiresMfa && !Caller.Of(http).HasMfa
            ? Answer.StepUp(Caller.Of(http))
            : Answer.Ok(Resource(organization), Json.ApiJsonContext.Default.Organization);
    }

    private static IQueryable<OrganizationRow> Visible(DirectoryContext context, HttpContext http)
    {
        var ids = Acquaintances.OrganizationsOf(context, Caller.Of(http));
        return context.Organizations.AsNoTracking().Where(o => ids.Contains(o.Id));
    }

    private static Json.Organization Resource(OrganizationRow organization) => new()
    {
        Id = organization.Id,
        Type = organization.Type,
        Name = organization.Name,
        Label = organization.Label,
        OwnerId = organization.OwnerId.ToString(),
        CreatedAt = organization.CreatedAt,
        UpdatedAt = organization.UpdatedAt,
        Links = Self(organization.Id),
    };

    private static Json.HalLinks Self(string id)
    {
        var links = new Json.HalLinks();
        links.Add("self", $"/organizations/{id}");
        return links;
    }
}
