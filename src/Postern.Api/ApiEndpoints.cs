using Postern.Api.Accounts;
using Postern.Api.Answers;
using Postern.Api.Organizations;
using Postern.Api.Projects;
using Postern.Api.SshKeys;
using Postern.Api.Vendor;

namespace Postern.Api;

/// <summary>Maps this room's URLs.</summary>
public static class ApiEndpoints
{
    /// <summary>Name of the authentication scheme that Login registers.</summary>
    public const string BearerScheme = "Bearer";

    /// <summary>Maps the API below the root of the host. All of it but the vendor configuration needs an access
    /// token. Also answers for all URLs that no room maps.</summary>
    public static IEndpointRouteBuilder MapPosternApi(this IEndpointRouteBuilder routes)
    {
        VendorEndpoint.Map(routes);
        var api = routes.MapGroup("");
        api.RequireAuthorization(policy => policy.AddAuthenticationSchemes(BearerScheme).RequireAuthenticatedUser());
        api.AddEndpointFilter<AnswerFilter>();
        AccountEndpoints.Map(api);
        ReferenceEndpoints.Map(api);
        OrganizationEndpoints.Map(api);
        MemberEndpoints.Map(api);
        MfaEndpoints.Map(api);
        ProjectEndpoints.Map(api);
        EnvironmentEndpoints.Map(api);
        UserAccessEndpoints.Map(api);
        SshKeyEndpoints.Map(api);
        RegionEndpoint.Map(api);
        routes.MapFallback(AnswerUnknown).AllowAnonymous();
        return routes;
    }

    /// <summary>Clients parse the body of a 404 as JSON, whatever they asked for; browsers get the bare status.</summary>
    private static IResult AnswerUnknown(HttpContext http) =>
        http.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase)
            ? Results.NotFound()
            : Answer.NotFound();
}
