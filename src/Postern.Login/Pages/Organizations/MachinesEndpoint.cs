using Postern.Directory.Organizations;
using Postern.Login.Factors;

namespace Postern.Login.Pages.Organizations;

/// <summary><c>/account/organizations/{id}/machines</c>: accounts of machines, and their tokens.</summary>
internal sealed class MachinesEndpoint(
    OrganizationDoor door, OrganizationReader organizations, MachineUsers machines, TokenPages tokenPages, PageWriter pages)
{
    public async Task ShowAsync(HttpContext context, string id)
    {
        if (await door.OpenAsync(context, id, forAdministrators: true) is { } visit)
        {
            await ShowAsync(context, visit, null, "");
        }
    }

    public async Task CreateAsync(HttpContext context, string id)
    {
        if (await door.OpenRecentlyProvedAsync(context, id, OrganizationPath.Machines(id), forAdministrators: true) is not { } visit)
        {
            return;
        }

        var name = visit.Field(FormFields.Name).Trim();
        var (user, verdict) = await machines.CreateAsync(visit.Actor, id, name, context.RequestAborted);
        if (user is null)
        {
            await ShowAsync(context, visit, VerdictText.Of(verdict), name);
        }
        else
        {
            context.SeeOther(OrganizationPath.MachineTokens(id, user.Id));
        }
    }

    public async Task DeleteAsync(HttpContext context, string id, Guid userId)
    {
        if (await door.OpenRecentlyProvedAsync(context, id, OrganizationPath.Machines(id), forAdministrators: true) is not { } visit)
        {
            return;
        }

        var verdict = await machines.RemoveAsync(visit.Actor, id, userId, context.RequestAborted);
        if (verdict is MembershipVerdict.Allowed or MembershipVerdict.NotFound)
        {
            // Deleting what is gone already is what the person wanted.
            context.SeeOther(OrganizationPath.Machines(id) + "?done=deleted");
        }
        else
        {
            await ShowAsync(context, visit, VerdictText.Of(verdict), "");
        }
    }

    public async Task ShowTokensAsync(HttpContext context, string id, Guid userId)
    {
        if (await door.OpenAsync(context, id, forAdministrators: true) is { } visit
            && await FindAsync(context, visit, userId) is { } owner)
        {
            await tokenPages.ShowAsync<MachineTokensPage>(context, owner);
        }
    }

    public async Task CreateTokenAsync(HttpContext context, string id, Guid userId)
    {
        if (await door.OpenRecentlyProvedAsync(context, id, OrganizationPath.MachineTokens(id, userId), forAdministrators: true) is { } visit
            && await FindAsync(context, visit, userId) is { } owner)
        {
            await tokenPages.CreateAsync<MachineTokensPage>(context, owner, visit.Live, visit.Form!);
        }
    }

    public async Task DeleteTokenAsync(HttpContext context, string id, Guid userId, Guid tokenId)
    {
        if (await door.OpenWithFormAsync(context, id, forAdministrators: true) is { } visit
            && await FindAsync(context, visit, userId) is { } owner)
        {
            await tokenPages.DeleteAsync(context, owner, visit.Live, tokenId);
        }
    }

    /// <summary>The machine, when it is this organization's; else the answer is written.</summary>
    private async Task<TokenPageOwner?> FindAsync(HttpContext context, OrganizationVisit visit, Guid userId)
    {
        var machine = (await organizations.ListPeopleAsync(visit.Id, context.RequestAborted))
            .FirstOrDefault(person => person.IsMachine && person.UserId == userId);
        if (machine is not null)
        {
            return new TokenPageOwner(userId, OrganizationPath.MachineTokens(visit.Id, userId), machine.DisplayName, visit.Place);
        }

        await pages.WriteErrorAsync(
            context, StatusCodes.Status404NotFound, "There is no such machine user", "It may have been deleted.", "Look at those that there are.",
            ("Machine users", OrganizationPath.Machines(visit.Id)));
        return null;
    }

    private async Task ShowAsync(HttpContext context, OrganizationVisit visit, string? error, string name) =>
        await pages.WriteAsync<MachinesPage>(
            context,
            error is null ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity,
            new MachinesModel
            {
                Place = visit.Place,
                UserId = visit.Live.User.Id,
                Machines = [.. (await organizations.ListPeopleAsync(visit.Id, context.RequestAborted)).Where(person => person.IsMachine)],
                Name = name.Length <= MachineUser.MaximumNameLength ? name : "",
                Error = error,
                Notice = context.Request.Query["done"] == "deleted" ? "The machine user is deleted." : RecentProof.NoticeOf(context),
            });
}
