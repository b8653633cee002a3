using Postern.Directory.Projects;
using Postern.Login.Pages.Organizations;

namespace Postern.Login.Pages.Projects;

/// <summary><c>/account/organizations/{id}/projects</c>: the projects of an organization, as far as the person has to do with them.</summary>
internal sealed class ProjectsEndpoint(OrganizationDoor door, ProjectReader projects, PageWriter pages)
{
    public async Task ShowAsync(HttpContext context, string id)
    {
        if (await door.OpenAsync(context, id, forAdministrators: false) is { } visit)
        {
            await pages.WriteAsync<ProjectsPage>(context, StatusCodes.Status200OK, new ProjectsModel
            {
                Place = visit.Place,
                UserId = visit.Live.User.Id,
                Projects = await projects.ListPlacesAsync(visit.Live.User.Id, id, context.RequestAborted),
            });
        }
    }
}
