using Postern.Directory.Organizations;
using Postern.Directory.Projects;
using Postern.Login.Accounts;
using Postern.Login.Factors;
using Postern.Login.Sessions;

namespace Postern.Login.Pages.Organizations;

/// <summary><c>/account/organizations</c> and the members of each.</summary>
internal sealed class MembersEndpoint(
    OrganizationDoor door,
    SignedIn signedIn,
    OrganizationReader organizations,
    ProjectReader projects,
    Membership membership,
    InvitationService invitations,
    FactorService factors,
    PageWriter pages,
    TimeProvider clock)
{
    private const string Left = "left";

    public async Task ListAsync(HttpContext context)
    {
        if (await signedIn.RequireAsync(context) is { } live)
        {
            await pages.WriteAsync<OrganizationsPage>(context, StatusCodes.Status200OK, new OrganizationsModel
            {
                Places = await organizations.ListPlacesAsync(live.User.Id, context.RequestAborted),
                Projects = [.. (await projects.ListPlacesAsync(live.User.Id, null, context.RequestAborted)).Where(place => place.Access.ProjectRole is not null)],
                Notice = context.Request.Query["done"] == Left ? "You left the organization." : null,
            });
        }
    }

    public async Task ShowAsync(HttpContext context, string id)
    {
        if (await door.OpenAsync(context, id, forAdministrators: false) is { } visit)
        {
            await ShowAsync(context, visit, null);
        }
    }

    public async Task ChangeRoleAsync(HttpContext context, string id, Guid userId)
    {
        if (await door.OpenRecentlyProvedAsync(context, id, OrganizationPath.Members(id), forAdministrators: true) is not { } visit)
        {
            return;
        }

        if (ReadRole(visit) is not { } role)
        {
            await ShowAsync(context, visit, "Choose a role.");
            return;
        }

        await AnswerAsync(context, visit, await membership.ChangeRoleAsync(visit.Actor, id, userId, role, context.RequestAborted), "role");
    }

    public async Task RemoveAsync(HttpContext context, string id, Guid userId)
    {
        if (await door.OpenRecentlyProvedAsync(context, id, OrganizationPath.Members(id), forAdministrators: false) is not { } visit)
        {
            return;
        }

        var verdict = await membership.RemoveAsync(visit.Actor, id, userId, context.RequestAborted);
        if (verdict == MembershipVerdict.Allowed && userId == visit.Live.User.Id)
        {
            context.SeeOther(LoginPaths.Organizations + "?done=" + Left);
            return;
        }

        await AnswerAsync(context, visit, verdict, "removed");
    }

    public async Task ResetFactorsAsync(HttpContext context, string id, Guid userId)
    {
        if (await door.OpenRecentlyProvedAsync(context, id, OrganizationPath.Members(id), forAdministrators: true) is not { } visit)
        {
            return;
        }

        if (userId == visit.Live.User.Id)
        {
            await ShowAsync(context, visit, "Change your own second factors under “Sign-in” in your account.");
            return;
        }

        var verdict = await membership.ResetFactorsAsync(
            visit.Actor,
            id,
            userId,
            directory => factors.ResetAsync(directory, visit.Live.User.Id.ToString(), userId, context.RequestAborted),
            context.RequestAborted);
        if (verdict == MembershipVerdict.Allowed)
        {
            factors.AnnounceReset();
        }

        await AnswerAsync(context, visit, verdict, "reset");
    }

    public async Task InviteAsync(HttpContext context, string id)
    {
        if (await door.OpenRecentlyProvedAsync(context, id, OrganizationPath.Members(id), forAdministrators: true) is not { } visit)
        {
            return;
        }

        var email = visit.Field(FormFields.Email);
        if (ReadRole(visit) is not { } role)
        {
            await ShowAsync(context, visit, "Choose a role.", email);
            return;
        }

        await AnswerAsync(
            context, visit, await invitations.InviteAsync(visit.Live.User.Id, id, email, role, context.RequestAborted), "invited", email);
    }

    public async Task ResendAsync(HttpContext context, string id, Guid invitationId)
    {
        if (await door.OpenRecentlyProvedAsync(context, id, OrganizationPath.Members(id), forAdministrators: true) is { } visit)
        {
            await AnswerAsync(context, visit, await invitations.ResendAsync(visit.Live.User.Id, id, invitationId, context.RequestAborted), "invited", "");
        }
    }

    public async Task RevokeAsync(HttpContext context, string id, Guid invitationId)
    {
        if (await door.OpenWithFormAsync(context, id, forAdministrators: true) is { } visit)
        {
            await AnswerAsync(context, visit, await invitations.RevokeAsync(visit.Live.User.Id, id, invitationId, context.RequestAborted), "withdrawn", "");
        }
    }

    private Task AnswerAsync(HttpContext context, OrganizationVisit visit, MembershipVerdict verdict, string done)
    {
        if (verdict != MembershipVerdict.Allowed)
        {
            return ShowAsync(context, visit, VerdictText.Of(verdict));
        }

        context.SeeOther($"{OrganizationPath.Members(visit.Id)}?done={done}");
        return Task.CompletedTask;
    }

    private Task AnswerAsync(HttpContext context, OrganizationVisit visit, InvitationResult result, string done, string email)
    {
        if (!result.IsDone)
        {
            return ShowAsync(context, visit, string.Join(' ', result.Faults), email);
        }

        // The link opens an account, so no address carries it.
        if (result.Link is { } link)
        {
            return ShowAsync(context, visit, null, "", link);
        }

        context.SeeOther($"{OrganizationPath.Members(visit.Id)}?done={done}");
        return Task.CompletedTask;
    }

    private async Task ShowAsync(HttpContext context, OrganizationVisit visit, string? error, string email = "", string? link = null)
    {
        var isAdministrator = OrganizationRules.IsAdministrator(visit.Place.Role);
        await pages.WriteAsync<MembersPage>(
            context,
            error is null ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity,
            new MembersModel
            {
                Place = visit.Place,
                UserId = visit.Live.User.Id,
                People = [.. (await organizations.ListPeopleAsync(visit.Id, context.RequestAborted)).Where(person => !person.IsMachine)],
                Invitations = isAdministrator ? await invitations.ListAsync(visit.Live.User.Id, visit.Id, context.RequestAborted) : [],
                Now = clock.GetUtcNow(),
                Email = email.Length <= LoginLimits.Email ? email : "",
                InvitationLink = link,
                Error = error,
                Notice = context.Request.Query["done"].ToString() switch
                {
                    "role" => "The role is changed.",
                    "removed" => "The person is removed.",
                    "reset" => "Their second factors are removed, and they are signed out everywhere.",
                    "invited" => "The invitation is on its way.",
                    "withdrawn" => "The invitation is withdrawn.",
                    _ => RecentProof.NoticeOf(context),
                },
            });
    }

    private static OrganizationRole? ReadRole(OrganizationVisit visit) => visit.Field(FormFields.Role) switch
    {
        "member" => OrganizationRole.Member,
        "admin" => OrganizationRole.Admin,
        "owner" => OrganizationRole.Owner,
        _ => null,
    };
}
