using Microsoft.EntityFrameworkCore;
using Postern.Api.Answers;
using Postern.Contracts.Api;
using Postern.Directory.Organizations;
using Postern.Directory.Storage;

namespace Postern.Api.Organizations;

/// <summary>Whether an organization asks for a second factor.</summary>
internal static class MfaEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        const string path = "/organizations/{id}/mfa-enforcement";
        api.MapGet(path, ShowAsync);
        api.MapPost(path + "/enable", (HttpContext http, string id, IDbContextFactory<DirectoryContext> contexts, OrganizationReader organizations, Membership membership, TimeProvider clock) =>
            SwitchAsync(http, id, true, contexts, organizations, membership, clock));
        api.MapPost(path + "/disable", (HttpContext http, string id, IDbContextFactory<DirectoryContext> contexts, OrganizationReader organizations, Membership membership, TimeProvider clock) =>
            SwitchAsync(http, id, false, contexts, organizations, membership, clock));
    }

    private static async Task<IResult> ShowAsync(
        HttpContext http, string id, IDbContextFactory<DirectoryContext> contexts, OrganizationReader organizations)
    {
        var (request, refusal) = await OrganizationRequest.OpenAsync(http, id, contexts, organizations);
        return request is null ? refusal! : Resource(request.Place.Organization.RequiresMfa);
    }

    private static async Task<IResult> SwitchAsync(
        HttpContext http,
        string id,
        bool isRequired,
        IDbContextFactory<DirectoryContext> contexts,
        OrganizationReader organizations,
        Membership membership,
        TimeProvider clock)
    {
        var (request, refusal) = await OrganizationRequest.OpenAsync(http, id, contexts, organizations);
        if (request is null)
        {
            return refusal!;
        }

        if (request.Refuse(OrganizationRules.DecideMfaSwitch(request.Place.Role, request.Caller.HasMfa)) is { } obstacle)
        {
            return obstacle;
        }

        // What is asked of everybody is decided by a person, not by a program that holds their token.
        if (request.Caller.Token is not null)
        {
            return Answer.Forbidden("An API token cannot change whether MFA is required; sign in to do it.");
        }

        if (clock.GetUtcNow() - request.Caller.AuthTime > RecentSignIn.MaximumAge)
        {
            return Answer.SignInAgain(RecentSignIn.MaximumAge, withMfa: true);
        }

        var verdict = await membership.RequireMfaAsync(request.Actor, request.Id, isRequired, http.RequestAborted);
        return request.Refuse(verdict) ?? Resource(isRequired);
    }

    private static IResult Resource(bool isRequired) =>
        Answer.Ok(new MfaEnforcement { EnforceMfa = isRequired }, ApiJsonContext.Default.MfaEnforcement);
}
