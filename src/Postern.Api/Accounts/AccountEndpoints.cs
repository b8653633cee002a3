using Microsoft.EntityFrameworkCore;
using Postern.Api.Answers;
using Postern.Api.Organizations;
using Postern.Api.SshKeys;
using Postern.Contracts.Api;
using Postern.Directory.People;
using Postern.Directory.Storage;

namespace Postern.Api.Accounts;

/// <summary>The caller's own account, and what they may know of others.</summary>
internal static class AccountEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        foreach (var prefix in new[] { "", "/platform" })
        {
            api.MapGet(prefix + "/users/me", ShowSelfAsync);
            api.MapGet(prefix + "/users/{id:guid}", ShowAsync);
            api.MapGet(prefix + "/me", ShowLegacyAsync);
        }

        api.MapGet("/users/{id:guid}/extended-access", ListAccessAsync);
        api.MapGet("/users/{id:guid}/organizations", ListOrganizationsAsync);
    }

    private static Task<IResult> ShowSelfAsync(HttpContext http, IDbContextFactory<DirectoryContext> contexts) =>
        ShowAsync(http, Caller.Of(http).UserId, contexts);

    private static async Task<IResult> ShowAsync(HttpContext http, Guid id, IDbContextFactory<DirectoryContext> contexts)
    {
        var caller = Caller.Of(http);
        await using var context = await contexts.CreateDbContextAsync(http.RequestAborted);
        var user = await Acquaintances.Of(context, caller).SingleOrDefaultAsync(u => u.Id == id, http.RequestAborted);
        if (user is null)
        {
            return Answer.NotFound();
        }

        var isLinked = await context.SsoIdentities.AnyAsync(i => i.UserId == user.Id, http.RequestAborted);
        var hasKnownFactors = await Acquaintances.WithKnownFactors(context, caller).AnyAsync(known => known == id, http.RequestAborted);
        return Answer.Ok(
            Profile(user, isLinked) with { MfaEnabled = hasKnownFactors ? user.TwoFactorEnabled : null }, ApiJsonContext.Default.UserProfile);
    }

    private static async Task<IResult> ShowLegacyAsync(HttpContext http, IDbContextFactory<DirectoryContext> contexts)
    {
        var caller = Caller.Of(http);
        await using var context = await contexts.CreateDbContextAsync(http.RequestAborted);
        var user = await context.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == caller.UserId, http.RequestAborted);
        if (user is null)
        {
            return Answer.NotFound();
        }

        var keys = await context.SshKeys.AsNoTracking().Where(k => k.UserId == caller.UserId).OrderBy(k => k.Id).ToListAsync(http.RequestAborted);
        return Answer.Ok(
            new LegacyAccount
            {
                Id = user.Id.ToString(),
                Uuid = user.Id.ToString(),
                Username = user.UserName ?? "",
                Mail = user.Email ?? "",
                DisplayName = user.DisplayName,
                SshKeys = [.. keys.Select(SshKeyResource.Of)],
            },
            ApiJsonContext.Default.LegacyAccount);
    }

    /// <summary>All projects of the caller with the roles there; others' grants are nobody's business.</summary>
    private static async Task<IResult> ListAccessAsync(HttpContext http, Guid id, IDbContextFactory<DirectoryContext> contexts)
    {
        if (id != Caller.Of(http).UserId)
        {
            return Answer.NotFound();
        }

        await using var context = await contexts.CreateDbContextAsync(http.RequestAborted);
        var wanted = http.Request.Query["filter[resource_type]"].ToString();
        var grants = new List<ExtendedAccess>();
        if (wanted is "" or "project")
        {
            grants.AddRange(await AccessList.ProjectsAsync(context, Caller.Of(http), http.RequestAborted));
        }

        if (wanted is "" or "organization")
        {
            grants.AddRange(await AccessList.OrganizationsAsync(context, Caller.Of(http), http.RequestAborted));
        }

        return Answer.Ok(
            new ExtendedAccessList { Items = grants, Links = AccessList.References(grants) }, ApiJsonContext.Default.ExtendedAccessList);
    }

    private static Task<IResult> ListOrganizationsAsync(HttpContext http, Guid id, IDbContextFactory<DirectoryContext> contexts) =>
        id == Caller.Of(http).UserId
            ? OrganizationEndpoints.ListAsync(http, contexts)
            : Task.FromResult(Answer.NotFound());

    private static UserProfile Profile(User user, bool isLinked) => new()
    {
        Id = user.Id.ToString(),
        Username = user.UserName ?? "",
        Email = user.Email ?? "",
        FirstName = user.FirstName,
        LastName = user.LastName,
        Deactivated = user.IsDisabled,
        Namespace = "",
        EmailVerified = user.EmailConfirmed,
        PhoneNumberVerified = user.PhoneNumberConfirmed,
        SsoEnabled = isLinked,
        CreatedAt = user.CreatedAt,
        UpdatedAt = user.UpdatedAt,
    };
}
