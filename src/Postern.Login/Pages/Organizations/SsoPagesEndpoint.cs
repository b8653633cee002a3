using Postern.Directory.Organizations;
using Postern.Directory.SingleSignOn;
using Postern.Login.Factors;
using Postern.Login.SingleSignOn;

namespace Postern.Login.Pages.Organizations;

/// <summary>
/// <c>/account/organizations/{id}/sso</c>: the providers of an organization, for its owners and administrators. It decides how people
/// get in, so it asks for a recent proof.
/// </summary>
internal sealed class SsoPagesEndpoint(
    OrganizationDoor door,
    RecentProof recent,
    OrganizationReader organizations,
    IdentityProviders providers,
    SsoDomains domains,
    ProviderDocuments documents,
    PageWriter pages,
    LoginOptions options)
{
    public async Task ShowAsync(HttpContext context, string id)
    {
        if (await EnterAsync(context, id) is { } visit)
        {
            await ShowAsync(context, visit, null);
        }
    }

    public async Task ActAsync(HttpContext context, string id)
    {
        if (await EnterWithFormAsync(context, id) is not { } visit)
        {
            return;
        }

        var name = visit.Field(FormFields.Name);
        var action = visit.Field(FormFields.Decision);
        if (action == SsoAction.Test)
        {
            await TestAsync(context, visit, name);
            return;
        }

        var isUser = Guid.TryParse(visit.Field(FormFields.User), out var userId);
        MembershipVerdict? verdict = action switch
        {
            SsoAction.Enforce => await providers.EnforceAsync(visit.Actor, id, name, true, context.RequestAborted),
            SsoAction.Relax => await providers.EnforceAsync(visit.Actor, id, name, false, context.RequestAborted),
            SsoAction.Remove => await providers.RemoveAsync(visit.Actor, id, name, context.RequestAborted),
            SsoAction.Exempt when isUser => await providers.ExemptAsync(visit.Actor, id, userId, true, context.RequestAborted),
            SsoAction.Include when isUser => await providers.ExemptAsync(visit.Actor, id, userId, false, context.RequestAborted),
            _ => null,
        };
        if (verdict == MembershipVerdict.Allowed)
        {
            context.SeeOther($"{OrganizationPath.Sso(id)}?done={action}");
        }
        else
        {
            await ShowAsync(context, visit, verdict is { } refused ? SsoAction.TextOf(refused) : "Choose what to do.");
        }
    }

    public async Task ShowNewAsync(HttpContext context, string id)
    {
        if (await EnterAsync(context, id) is { } visit)
        {
            await ShowFormAsync(context, visit, new ProviderInput { Name = "", Label = "", Issuer = "https://", ClientId = "", Secret = "", Domains = [] }, null, []);
        }
    }

    public async Task ShowChangeAsync(HttpContext context, string id, string name)
    {
        if (await EnterAsync(context, id) is { } visit && await FindAsync(context, visit, name) is { } found)
        {
            await ShowFormAsync(context, visit, InputOf(found), found, []);
        }
    }

    public async Task AddAsync(HttpContext context, string id)
    {
        if (await EnterWithFormAsync(context, id) is { } visit)
        {
            var input = ReadInput(visit, visit.Field(FormFields.Name).Trim());
            await SaveAsync(
                context, visit, input, null, () => providers.AddAsync(visit.Actor, id, input.Name, input.ToChange(), context.RequestAborted), SsoAction.Added);
        }
    }

    public async Task ChangeAsync(HttpContext context, string id, string name)
    {
        if (await EnterWithFormAsync(context, id) is { } visit && await FindAsync(context, visit, name) is { } found)
        {
            var input = ReadInput(visit, found.Provider.Name);
            await SaveAsync(
                context, visit, input, found, () => providers.UpdateAsync(visit.Actor, id, input.Name, input.ToChange(), context.RequestAborted), SsoAction.Changed);
        }
    }

    private async Task SaveAsync(
        HttpContext context, OrganizationVisit visit, ProviderInput input, ListedProvider? present, Func<Task<MembershipVerdict>> save, string done)
    {
        if (input.FindFaults(present is null, options) is { Count: > 0 } faults)
        {
            await ShowFormAsync(context, visit, input, present, faults);
            return;
        }

        var verdict = await save();
        if (verdict == MembershipVerdict.Allowed)
        {
            documents.Forget(input.Issuer);
            context.SeeOther($"{OrganizationPath.Sso(visit.Id)}?done={done}");
        }
        else
        {
            await ShowFormAsync(context, visit, input, present, [SsoAction.TextOf(verdict)]);
        }
    }

    private async Task TestAsync(HttpContext context, OrganizationVisit visit, string name)
    {
        if (await FindAsync(context, visit, name) is not { Provider: var provider })
        {
            return;
        }

        try
        {
            documents.Forget(provider.Issuer);
            var keys = await documents.GetKeysAsync(provider.Issuer, null, context.RequestAborted);
            await ShowAsync(
                context, visit, null,
                $"{provider.Label} answers: its discovery document and {(keys.Count == 1 ? "one key" : $"{keys.Count} keys")} were read. Sign in with it to see that the rest works.");
        }
        catch (ProviderException exception)
        {
            await ShowAsync(context, visit, $"{provider.Label} does not work: {exception.Message}");
        }
    }

    private async Task<OrganizationVisit?> EnterAsync(HttpContext context, string id) =>
        await recent.RequireAsync(context) is { } live ? await door.EnterAsync(context, live, null, id, forAdministrators: true) : null;

    private async Task<OrganizationVisit?> EnterWithFormAsync(HttpContext context, string id) =>
        await recent.RequireWithFormAsync(context) is var (live, form) ? await door.EnterAsync(context, live, form, id, forAdministrators: true) : null;

    /// <summary>The provider, when it is this organization's; else the answer is written.</summary>
    private async Task<ListedProvider?> FindAsync(HttpContext context, OrganizationVisit visit, string name)
    {
        if ((await providers.ListAsync(visit.Id, context.RequestAborted)).FirstOrDefault(p => p.Provider.Name == name) is { } found)
        {
            return found;
        }

        await pages.WriteErrorAsync(
            context, StatusCodes.Status404NotFound, "There is no such provider", "It may have been removed.", "Look at the providers that there are.",
            ("Single sign-on", OrganizationPath.Sso(visit.Id)));
        return null;
    }

    private async Task ShowAsync(HttpContext context, OrganizationVisit visit, string? error, string? notice = null)
    {
        var assigned = await domains.ListAsync(visit.Id, context.RequestAborted);
        var people = (await organizations.ListPeopleAsync(visit.Id, context.RequestAborted))
            .Where(person => person is { IsMachine: false, IsDisabled: false, Role: not null }).ToList();
        bool IsCaptured(OrganizationPerson person) =>
            SsoDomain.Of(person.Email ?? "") is { } domain && assigned.Any(d => d.Domain == domain && d.ProviderId is not null);
        await pages.WriteAsync<SsoPage>(
            context,
            error is null ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity,
            new SsoModel
            {
                Place = visit.Place,
                UserId = visit.Live.User.Id,
                Providers = await providers.ListAsync(visit.Id, context.RequestAborted),
                Domains = assigned,
                Captured = [.. people.Where(IsCaptured)],
                Others = people.Count(person => !IsCaptured(person)),
                Error = error,
                Notice = notice ?? SsoAction.NoticeOf(context.Request.Query["done"]),
            });
    }

    private async Task ShowFormAsync(
        HttpContext context, OrganizationVisit visit, ProviderInput input, ListedProvider? present, IReadOnlyList<string> faults) =>
        await pages.WriteAsync<ProviderPage>(
            context,
            faults.Count == 0 ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity,
            new ProviderModel
            {
                Place = visit.Place,
                UserId = visit.Live.User.Id,
                Input = input with { Secret = "" },
                IsNew = present is null,
                IsEnforced = present?.Provider.IsEnforced == true,
                Domains = [.. (await domains.ListAsync(visit.Id, context.RequestAborted)).Where(d => d.ProviderId is null || d.ProviderId == present?.Provider.Id)],
                RedirectUri = SsoEndpoint.RedirectUri(options.Issuer, present?.Provider.Name ?? "SHORT-NAME"),
                Faults = faults,
            });

    private static ProviderInput InputOf(ListedProvider found) => new()
    {
        Name = found.Provider.Name,
        Label = found.Provider.Label,
        Issuer = found.Provider.Issuer,
        ClientId = found.Provider.ClientId,
        Secret = "",
        Domains = found.Domains,
        CreatesPeople = found.Provider.CreatesPeople,
        IsTrustedForMfa = found.Provider.IsTrustedForMfa,
    };

    private static ProviderInput ReadInput(OrganizationVisit visit, string name) => new()
    {
        Name = name,
        Label = visit.Field(FormFields.Label).Trim(),
        Issuer = visit.Field(FormFields.Issuer).Trim(),
        ClientId = visit.Field(FormFields.ClientId).Trim(),
        Secret = visit.Field(FormFields.ClientSecret),
        Domains = [.. visit.Form![FormFields.Domain].OfType<string>()],
        CreatesPeople = visit.Field(FormFields.CreatesPeople) == FormFields.On,
        IsTrustedForMfa = visit.Field(FormFields.TrustsMfa) == FormFields.On,
    };
}
