using Postern.Login.Pages.Projects;

namespace Postern.Login.Pages.Organizations;

/// <summary>Maps the pages of organizations.</summary>
internal static class OrganizationPages
{
    public static void Map(IEndpointRouteBuilder routes, IServiceProvider services)
    {
        MapMembers(routes, services.GetRequiredService<MembersEndpoint>());
        MapProjects(routes, services.GetRequiredService<ProjectsEndpoint>(), services.GetRequiredService<ProjectRolesEndpoint>());
        MapSecurity(routes, services.GetRequiredService<OrganizationSecurityEndpoint>());
        MapSso(routes, services.GetRequiredService<SsoPagesEndpoint>());
        MapMachines(routes, services.GetRequiredService<MachinesEndpoint>());
    }

    private static void MapMembers(IEndpointRouteBuilder routes, MembersEndpoint members)
    {
        const string path = LoginPaths.Organization;
        routes.MapGet(LoginPaths.Organizations, members.ListAsync);
        routes.MapGet(path, (HttpContext context, string id) => members.ShowAsync(context, id));
        routes.MapPost(path + "/members/{userId:guid}/role", (HttpContext context, string id, Guid userId) => members.ChangeRoleAsync(context, id, userId));
        routes.MapPost(path + "/members/{userId:guid}/remove", (HttpContext context, string id, Guid userId) => members.RemoveAsync(context, id, userId));
        routes.MapPost(
            path + "/members/{userId:guid}/reset-factors", (HttpContext context, string id, Guid userId) => members.ResetFactorsAsync(context, id, userId));
        routes.MapPost(path + "/invitations", (HttpContext context, string id) => members.InviteAsync(context, id));
        routes.MapPost(
            path + "/invitations/{invitationId:guid}/resend",
            (HttpContext context, string id, Guid invitationId) => members.ResendAsync(context, id, invitationId));
        routes.MapPost(
            path + "/invitations/{invitationId:guid}/revoke",
            (HttpContext context, string id, Guid invitationId) => members.RevokeAsync(context, id, invitationId));
    }

    private static void MapProjects(IEndpointRouteBuilder routes, ProjectsEndpoint projects, ProjectRolesEndpoint roles)
    {
        const string path = LoginPaths.Project;
        const string one = path + "/roles/{userId:guid}";
        routes.MapGet(LoginPaths.OrganizationProjects, (HttpContext context, string id) => projects.ShowAsync(context, id));
        routes.MapGet(path, (HttpContext context, string id) => roles.ShowAsync(context, id));
        routes.MapPost(path + "/roles", (HttpContext context, string id) => roles.AddAsync(context, id));
        routes.MapPost(one, (HttpContext context, string id, Guid userId) => roles.ChangeAsync(context, id, userId));
        routes.MapPost(one + "/remove", (HttpContext context, string id, Guid userId) => roles.RemoveAsync(context, id, userId));
    }

    private static void MapSecurity(IEndpointRouteBuilder routes, OrganizationSecurityEndpoint security)
    {
        const string path = LoginPaths.OrganizationSecurity;
        routes.MapGet(path, (HttpContext context, string id) => security.ShowAsync(context, id));
        routes.MapPost(path + "/remind", (HttpContext context, string id) => security.RemindAsync(context, id));
        routes.MapGet(path + "/require", (HttpContext context, string id) => security.AskAsync(context, id));
        routes.MapPost(path + "/require", (HttpContext context, string id) => security.RequireAsync(context, id));
    }

    private static void MapSso(IEndpointRouteBuilder routes, SsoPagesEndpoint sso)
    {
        const string path = LoginPaths.OrganizationSso;
        routes.MapGet(path, (HttpContext context, string id) => sso.ShowAsync(context, id));
        routes.MapPost(path, (HttpContext context, string id) => sso.ActAsync(context, id));
        routes.MapGet(path + "/new", (HttpContext context, string id) => sso.ShowNewAsync(context, id));
        routes.MapPost(path + "/new", (HttpContext context, string id) => sso.AddAsync(context, id));
        routes.MapGet(path + "/providers/{name}", (HttpContext context, string id, string name) => sso.ShowChangeAsync(context, id, name));
        routes.MapPost(path + "/providers/{name}", (HttpContext context, string id, string name) => sso.ChangeAsync(context, id, name));
    }

    private static void MapMachines(IEndpointRouteBuilder routes, MachinesEndpoint machines)
    {
        const string path = LoginPaths.OrganizationMachines;
        const string tokens = path + "/{userId:guid}/tokens";
        routes.MapGet(path, (HttpContext context, string id) => machines.ShowAsync(context, id));
        routes.MapPost(path, (HttpContext context, string id) => machines.CreateAsync(context, id));
        routes.MapPost(path + "/{userId:guid}/delete", (HttpContext context, string id, Guid userId) => machines.DeleteAsync(context, id, userId));
        routes.MapGet(tokens, (HttpContext context, string id, Guid userId) => machines.ShowTokensAsync(context, id, userId));
        routes.MapPost(tokens, (HttpContext context, string id, Guid userId) => machines.CreateTokenAsync(context, id, userId));
        routes.MapPost(
            tokens + "/{tokenId:guid}/delete",
            (HttpContext context, string id, Guid userId, Guid tokenId) => machines.DeleteTokenAsync(context, id, userId, tokenId));
    }
}
