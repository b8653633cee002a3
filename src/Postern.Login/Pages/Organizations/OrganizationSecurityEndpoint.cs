using Postern.Directory.Organizations;
using Postern.Directory.SingleSignOn;
using Postern.Login.Accounts;
using Postern.Login.Factors;

namespace Postern.Login.Pages.Organizations;

/// <summary><c>/account/organizations/{id}/security</c>: who has a second factor, and whether everybody needs one.</summary>
internal sealed class OrganizationSecurityEndpoint(
    OrganizationDoor door,
    RecentProof recent,
    OrganizationReader organizations,
    Membership membership,
    MfaReminders reminders,
    IdentityProviders providers,
    PageWriter pages)
{
    public async Task ShowAsync(HttpContext context, string id)
    {
        if (await door.OpenAsync(context, id, forAdministrators: true) is { } visit)
        {
            await ShowAsync(context, visit, null);
        }
    }

    public async Task RemindAsync(HttpContext context, string id)
    {
        if (await door.OpenWithFormAsync(context, id, forAdministrators: true) is not { } visit)
        {
            return;
        }

        var chosen = visit.Form![FormFields.User].Select(text => Guid.TryParse(text, out var userId) ? userId : Guid.Empty).ToHashSet();
        if (visit.Field(FormFields.All).Length == 0 && chosen.Count == 0)
        {
            await ShowAsync(context, visit, "Choose whom to remind.");
            return;
        }

        var reminded = await reminders.SendAsync(
            visit.Actor, id, visit.Field(FormFields.All).Length > 0 ? null : chosen, context.RequestAborted);
        context.SeeOther($"{OrganizationPath.Security(id)}?reminded={reminded.Count}");
    }

    public async Task AskAsync(HttpContext context, string id)
    {
        if (await recent.RequireAsync(context) is { } live
            && await door.EnterAsync(context, live, null, id, forAdministrators: true) is { } visit)
        {
            if (visit.Actor.HasMfa)
            {
                await pages.WriteAsync<RequireMfaPage>(context, StatusCodes.Status200OK, await ModelAsync(context, visit, null));
            }
            else
            {
                await ShowAsync(context, visit, VerdictText.Of(MembershipVerdict.OwnMfaMissing));
            }
        }
    }

    public async Task RequireAsync(HttpContext context, string id)
    {
        if (await recent.RequireWithFormAsync(context) is not var (live, form)
            || await door.EnterAsync(context, live, form, id, forAdministrators: true) is not { } visit)
        {
            return;
        }

        bool? isRequired = visit.Field(FormFields.Required) switch { FormFields.On => true, FormFields.Off => false, _ => null };
        if (isRequired is null)
        {
            await ShowAsync(context, visit, "Choose whether MFA is required.");
            return;
        }

        var verdict = await membership.RequireMfaAsync(visit.Actor, id, isRequired.Value, context.RequestAborted);
        if (verdict == MembershipVerdict.Allowed)
        {
            context.SeeOther($"{OrganizationPath.Security(id)}?done={(isRequired.Value ? FormFields.On : FormFields.Off)}");
        }
        else
        {
            await ShowAsync(context, visit, VerdictText.Of(verdict));
        }
    }

    private async Task ShowAsync(HttpContext context, OrganizationVisit visit, string? error) =>
        await pages.WriteAsync<OrganizationSecurityPage>(
            context,
            error is null ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity,
            await ModelAsync(context, visit, error));

    private async Task<OrganizationSecurityModel> ModelAsync(HttpContext context, OrganizationVisit visit, string? error) => new()
    {
        Place = visit.Place,
        UserId = visit.Live.User.Id,
        People = [.. (await organizations.ListPeopleAsync(visit.Id, context.RequestAborted)).Where(person => !person.IsMachine && !person.IsDisabled)],
        HasMfa = visit.Actor.HasMfa,
        Providers = await providers.ListAsync(visit.Id, context.RequestAborted),
        CanRemind = reminders.CanSend,
        Error = error,
        Notice = (context.Request.Query["done"].ToString(), context.Request.Query["reminded"].ToString()) switch
        {
            (FormFields.On, _) => "MFA is required from now on.",
            (FormFields.Off, _) => "MFA is no longer required.",
            (_, "") => null,
            (_, "0") => "Nobody was reminded: they have a second factor by now, or were reminded lately (at most once an hour and three times a day).",
            (_, "1") => "One reminder is on its way.",
            _ => "The reminders are on their way.",
        },
    };
}
