using Postern.Directory.Organizations;
using Postern.Directory.Projects;
using Postern.Directory.Rules;
using Postern.Login.Factors;
using Postern.Login.Pages.Organizations;
using Postern.Login.Sessions;

namespace Postern.Login.Pages.Projects;

/// <summary><c>/account/projects/{id}</c>: who has which role on a project; those who administer it give and take them.</summary>
internal sealed class ProjectRolesEndpoint(
    SignedIn signedIn,
    RecentProof recent,
    OrganizationDoor organizationDoor,
    ProjectReader projects,
    ProjectRoles roles,
    OrganizationReader organizations,
    PageWriter pages)
{
    public async Task ShowAsync(HttpContext context, string id)
    {
        if (await signedIn.RequireAsync(context) is { } live && await EnterAsync(context, live, id) is { } place)
        {
            await WriteAsync(context, live, place, null);
        }
    }

    public async Task AddAsync(HttpContext context, string id)
    {
        if (await OpenToChangeAsync(context, id) is not var (live, form, place))
        {
            return;
        }

        var who = form[FormFields.User].ToString().Trim();
        var person = (await organizations.ListPeopleAsync(place.Organization.Id, context.RequestAborted))
            .FirstOrDefault(p => string.Equals(ProjectRolesModel.NameOf(p, place.Organization), who, StringComparison.OrdinalIgnoreCase));
        if (person is null)
        {
            await WriteAsync(context, live, place, $"{place.Organization.Label} has nobody of that name. Invite them there first.", who);
        }
        else if (await FindAsync(context, id, person.UserId) is not null)
        {
            await WriteAsync(context, live, place, $"{person.DisplayName} has roles on this project already: change them in the list.", who);
        }
        else
        {
            await GrantAsync(context, live, place, person.UserId, form, "given", who);
        }
    }

    public async Task ChangeAsync(HttpContext context, string id, Guid userId)
    {
        if (await OpenToChangeAsync(context, id) is not var (live, form, place))
        {
            return;
        }

        if (await FindAsync(context, id, userId) is null)
        {
            await WriteAsync(context, live, place, TextOf(MembershipVerdict.NotFound));
        }
        else
        {
            await GrantAsync(context, live, place, userId, form, "changed", null);
        }
    }

    public async Task RemoveAsync(HttpContext context, string id, Guid userId)
    {
        if (await OpenToChangeAsync(context, id, own: userId) is not var (live, _, place))
        {
            return;
        }

        var verdict = await roles.RemoveAsync(ActorOf(context, live), id, userId, context.RequestAborted);
        if (verdict != MembershipVerdict.Allowed)
        {
            await WriteAsync(context, live, place, TextOf(verdict));
            return;
        }

        var isStillThere = userId != live.User.Id || await projects.FindPlaceAsync(userId, id, context.RequestAborted) is not null;
        context.SeeOther(isStillThere ? Done(id, "removed") : LoginPaths.Organizations);
    }

    private static string Done(string id, string what) => $"{ProjectPath.Roles(id)}?done={what}";

    private async Task GrantAsync(
        HttpContext context, LiveSession live, ProjectPlace place, Guid userId, IFormCollection form, string done, string? who)
    {
        if (ReadGrant(form) is not { } grant)
        {
            await WriteAsync(context, live, place, "Choose the roles.", who);
            return;
        }

        var grants = new Dictionary<Guid, ProjectGrant> { [userId] = grant };
        var verdict = await roles.GrantAsync(ActorOf(context, live), place.Project.Id, grants, context.RequestAborted);
        if (verdict == MembershipVerdict.Allowed)
        {
            context.SeeOther(Done(place.Project.Id, done));
        }
        else
        {
            await WriteAsync(context, live, place, TextOf(verdict), who);
        }
    }

    /// <summary>For a change: with a recent proof, and for who administers the project, or is <paramref name="own"/>; null when the answer is written.</summary>
    private async Task<(LiveSession Live, IFormCollection Form, ProjectPlace Place)?> OpenToChangeAsync(
        HttpContext context, string id, Guid? own = null)
    {
        if (await recent.RequireWithFormAsync(context, ProjectPath.Roles(id)) is not var (live, form)
            || await EnterAsync(context, live, id) is not { } place)
        {
            return null;
        }

        if (place.IsAdministrator || own == live.User.Id)
        {
            return (live, form, place);
        }

        await pages.WriteErrorAsync(
            context, StatusCodes.Status403Forbidden, "Only for administrators", TextOf(MembershipVerdict.NeedsAdministrator),
            $"Ask somebody who does, or an administrator of {place.Organization.Label}.", ("Back to the project", ProjectPath.Roles(id)));
        return null;
    }

    /// <summary>The project for who has a role on it and the proof that its organization asks for; else the answer is written.</summary>
    private async Task<ProjectPlace?> EnterAsync(HttpContext context, LiveSession live, string id)
    {
        var place = await projects.FindPlaceAsync(live.User.Id, id, context.RequestAborted);
        switch (place is null ? AccessReason.NoRole : AccessRules.DecideProject(place.Access, SignInProof.Of(live.Session.Amr)).Reason)
        {
            case AccessReason.Allowed:
                return place;
            case AccessReason.MfaRequired:
                await organizationDoor.RefuseWithoutMfaAsync(context, live, place!.Organization.Label, ProjectPath.Roles(id));
                return null;
            default:
                await pages.WriteErrorAsync(
                    context, StatusCodes.Status404NotFound, "There is no such project", "It does not exist, or you have no role on it.",
                    "Check the address, or ask an administrator of the project for a role.", ("Your organizations", LoginPaths.Organizations));
                return null;
        }
    }

    private async Task<ProjectMember?> FindAsync(HttpContext context, string id, Guid userId) =>
        (await roles.ListAsync(id, context.RequestAborted)).FirstOrDefault(member => member.UserId == userId);

    private async Task WriteAsync(HttpContext context, LiveSession live, ProjectPlace place, string? error, string? who = null)
    {
        var people = await organizations.ListPeopleAsync(place.Organization.Id, context.RequestAborted);
        var members = (await roles.ListAsync(place.Project.Id, context.RequestAborted)).ToDictionary(member => member.UserId);

        // Who belongs to the organization sees its members elsewhere too.
        var known = place.Access.OrganizationRole is null ? [] : people;
        await pages.WriteAsync<ProjectRolesPage>(
            context,
            error is null ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity,
            new ProjectRolesModel
            {
                Place = place,
                UserId = live.User.Id,
                Holders = [.. people.Where(p => members.ContainsKey(p.UserId)).Select(p => new RoleHolder(p, members[p.UserId]))],
                Administrators = [.. known.Where(p => OrganizationRules.IsAdministrator(p.Role)).Select(p => p.DisplayName)],
                Candidates = [.. known.Where(p => !members.ContainsKey(p.UserId)).Select(p => ProjectRolesModel.NameOf(p, place.Organization))],
                Who = who is { Length: <= LoginLimits.Email } ? who : "",
                Error = error,
                IsErrorOfForm = who is not null,
                Notice = context.Request.Query["done"].ToString() switch
                {
                    "given" => "The role is given.",
                    "changed" => "The roles are changed.",
                    "removed" => "The roles are taken back.",
                    _ => RecentProof.NoticeOf(context),
                },
            });
    }

    private static OrganizationActor ActorOf(HttpContext context, LiveSession live) =>
        new(live.User.Id, live.Session.HasMfa, context.TraceIdentifier);

    // Everybody with a role is a viewer of the whole project, so that one is not written for each type.
    private static ProjectGrant? ReadGrant(IFormCollection form)
    {
        var role = form[FormFields.Role].ToString();
        return ProjectGrant.TryRead(role == "admin"
            ? [role]
            :
            [
                role == "viewer" ? role : "",
                .. new[] { FormFields.Production, FormFields.Staging, FormFields.Development }
                    .Where(type => form[type] != "viewer").Select(type => $"{type}:{form[type]}"),
            ]);
    }

    private static string TextOf(MembershipVerdict verdict) => verdict switch
    {
        MembershipVerdict.NotFound => "They have no place in the organization, or no roles here any more.",
        MembershipVerdict.NeedsAdministrator => "Only who administers the project gives and takes roles on it.",
        _ => VerdictText.Of(verdict),
    };
}
