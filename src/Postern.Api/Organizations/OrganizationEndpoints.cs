using Microsoft.EntityFrameworkCore;
using Postern.Api.Accounts;
using Postern.Api.Answers;
using Postern.Directory.Organizations;
using Postern.Directory.Storage;
using Json = Postern.Contracts.Api;
using OrganizationRow = Postern.Directory.Organizations.Organization;

namespace Postern.Api.Organizations;

/// <summary>Organizations that the caller belongs to.</summary>
internal static class OrganizationEndpoints
{
    private const int LongestLabel = 255;

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/organizations", ListAsync);
        api.MapGet("/organizations/{id}", ShowAsync);
        api.MapPatch("/organizations/{id}", ChangeAsync);
    }

    public static async Task<IResult> ListAsync(HttpContext http, IDbContextFactory<DirectoryContext> contexts)
    {
        await using var context = await contexts.CreateDbContextAsync(http.RequestAborted);
        var organizations = await Visible(context, http).OrderBy(o => o.Label).ThenBy(o => o.Id).ToListAsync(http.RequestAborted);
        return Answer.Ok(
            new Json.OrganizationList { Items = [.. organizations.Select(Resource)] }, Json.ApiJsonContext.Default.OrganizationList);
    }

    private static async Task<IResult> ShowAsync(
        HttpContext http, string id, IDbContextFactory<DirectoryContext> contexts, OrganizationReader organizations)
    {
        var (request, refusal) = await OrganizationRequest.OpenAsync(http, id, contexts, organizations);
        return request is null ? refusal! : Answer.Ok(Resource(request.Place.Organization), Json.ApiJsonContext.Default.Organization);
    }

    /// <summary>Changes the label and nothing else: what decides about access has addresses of its own.</summary>
    private static async Task<IResult> ChangeAsync(
        HttpContext http, string id, IDbContextFactory<DirectoryContext> contexts, OrganizationReader organizations, Membership membership)
    {
        var (request, refusal) = await OrganizationRequest.OpenAsync(http, id, contexts, organizations);
        if (request is null)
        {
            return refusal!;
        }

        var (wanted, fault) = await JsonBody.ReadAsync(http, Json.ApiJsonContext.Default.OrganizationChange, "{\"label\": \"Acme Inc.\"}");
        if (wanted is null)
        {
            return Answer.BadRequest(fault!);
        }

        if (wanted.Label?.Trim() is { } label)
        {
            if (label.Length is 0 or > LongestLabel || label.Any(char.IsControl))
            {
                return Answer.BadRequest($"'label' must have 1 to {LongestLabel} characters, none of them control characters.");
            }

            if (request.Refuse(await membership.RelabelAsync(request.Actor, request.Id, label, http.RequestAborted)) is { } obstacle)
            {
                return obstacle;
            }
        }

        return await ShowAsync(http, request.Id, contexts, organizations);
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
        links.Add("members", $"/organizations/{id}/members");
        return links;
    }
}
