using Microsoft.EntityFrameworkCore;
using Postern.Api.Answers;
using Postern.Directory.Projects;
using Postern.Directory.Routing;
using Postern.Directory.Rules;
using Postern.Directory.Storage;

namespace Postern.Api.Projects;

/// <summary>The project that a request is about, with what the caller has to do with it.</summary>
internal sealed class ProjectRequest
{
    private ProjectRequest(Project project, Guid ownerId, ProjectAccess access, SignInProof proof)
    {
        Project = project;
        OwnerId = ownerId;
        Access = access;
        Proof = proof;
    }

    public Project Project { get; }

    /// <summary>Owner of the project's organization.</summary>
    public Guid OwnerId { get; }

    public ProjectAccess Access { get; }

    public SignInProof Proof { get; }

    /// <summary>Finds the project, or the answer that says why not. Unknown and forbidden get the same answer.</summary>
    public static async Task<(ProjectRequest? Request, IResult? Refusal)> OpenAsync(
        HttpContext http, DirectoryContext context, string projectId)
    {
        var caller = Caller.Of(http);
        var found = await (
            from access in AccessQuery.Of(context, caller.UserId)
            join project in context.Projects.AsNoTracking() on access.ProjectId equals project.Id
            join organization in context.Organizations.AsNoTracking() on project.OrganizationId equals organization.Id
            where project.Id == projectId
            select new { access, project, organization.OwnerId }).SingleOrDefaultAsync(http.RequestAborted);
        if (found is null)
        {
            return (null, Answer.NotFound());
        }

        var limited = caller.Scope.Limit(found.access);
        return AccessRules.DecideProject(limited, caller.Proof).Reason switch
        {
            AccessReason.Allowed => (new ProjectRequest(found.project, found.OwnerId, limited, caller.Proof), null),
            AccessReason.MfaRequired or AccessReason.SsoRequired => (null, Answer.StepUp(caller, AccessRules.MissingMethods(limited, caller.Proof))),
            _ => (null, Answer.NotFound()),
        };
    }

    /// <summary>Whether the caller looks after the project, so far as the scope of an API token reaches.</summary>
    public bool IsAdministrator => AccessRules.Administers(Access);

    /// <summary>Whether the caller may do something with an environment of the project.</summary>
    public bool May(AccessAction action, ProjectEnvironment environment, EnvironmentRole sshRole = AccessRules.DefaultSshRole) =>
        AccessRules.Decide(action, Access, FactsOf(environment), Proof, sshRole).IsAllowed;

    private static EnvironmentFacts FactsOf(ProjectEnvironment environment) =>
        new(environment.Type, environment.Status, environment.Deployment is not null);
}
