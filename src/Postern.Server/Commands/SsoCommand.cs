using System.CommandLine;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.Organizations;
using Postern.Directory.SingleSignOn;
using Postern.Directory.Storage;
using Postern.Login;
using Postern.Login.Accounts;
using Postern.Login.SingleSignOn;

namespace Postern.Server.Commands;

/// <summary>
/// <c>postern-server sso</c>: says which e-mail domains are whose, and helps where an organization has locked itself out. The rest
/// is looked after on the organization's Security page.
/// </summary>
internal static class SsoCommand
{
    public static Command Create() => new("sso", "Look after sign-in at OpenID Connect providers")
    {
        Domains(), List(), Add(), Enforce("enforce", "Make the people of a provider's domains sign in there and nowhere else", isEnforced: true),
        Enforce("relax", "Let the people of a provider's domains sign in as others do", isEnforced: false), Remove(), Unlink(),
    };

    private static Argument<string> Name => new("name") { Description = "Short name of the provider" };

    private static Argument<string> Domain => new("domain") { Description = "Domain of e-mail addresses, such as example.com" };

    private static Command Domains()
    {
        var domain = Domain;
        var organization = new Argument<string>("organization") { Description = "Name of the organization" };
        var add = new Command("add", "Say that a domain is an organization's: its provider then decides how accounts of the domain are entered") { domain, organization };
        add.RunsOnCore(async (arguments, services, cancellationToken) =>
        {
            var fault = await services.GetRequiredService<SsoDomains>()
                .AssignAsync(arguments.GetValue(domain)!, arguments.GetValue(organization)!, cancellationToken);
            return fault is null ? 0 : await CommandContext.FailAsync(fault);
        });
        var former = Domain;
        var remove = new Command("remove", "Take a domain from its organization") { former };
        remove.RunsOnCore(async (arguments, services, cancellationToken) =>
            await services.GetRequiredService<SsoDomains>().RemoveAsync(arguments.GetValue(former)!, cancellationToken)
                ? 0
                : await CommandContext.FailAsync($"No organization has '{arguments.GetValue(former)}'; 'postern-server sso list' shows them all."));
        return new Command("domain", "E-mail domains of organizations") { add, remove };
    }

    private static Command List()
    {
        var command = new Command("list", "List the domains and the providers");
        command.RunsOnCore(async (_, services, cancellationToken) =>
        {
            var names = await NamesAsync(services, cancellationToken);
            var providers = await services.GetRequiredService<IdentityProviders>().ListAsync(null, cancellationToken);
            foreach (var domain in await services.GetRequiredService<SsoDomains>().ListAsync(null, cancellationToken))
            {
                var provider = providers.FirstOrDefault(p => p.Provider.Id == domain.ProviderId)?.Provider.Name ?? "no provider";
                await Console.Out.WriteLineAsync($"domain\t{domain.Domain}\t{names[domain.OrganizationId]}\t{provider}");
            }

            foreach (var (provider, _, people) in providers)
            {
                await Console.Out.WriteLineAsync(
                    $"provider\t{provider.Name}\t{names[provider.OrganizationId]}\t{provider.Issuer}\t{(provider.IsEnforced ? "required" : "not required")}\t{people} people");
            }

            return 0;
        });
        return command;
    }

    private static Command Add()
    {
        var name = Name;
        var organization = new Option<string>("--organization") { Description = "Name of the organization", Required = true };
        var label = new Option<string?>("--label") { Description = "Name for people; the short name when absent" };
        var issuer = new Option<string>("--issuer") { Description = "Issuer, as the provider writes it", Required = true };
        var client = new Option<string>("--client-id") { Description = "Client id that the provider gave", Required = true };
        var domains = new Option<string[]>("--domain") { Description = "Domain of the organization whose people sign in there; may be repeated" };
        var creates = new Option<bool>("--create-people") { Description = "Make accounts for people that the provider knows in these domains" };
        var trusts = new Option<bool>("--trust-mfa") { Description = "Believe the provider that there was a second factor" };
        var command = new Command("add", "Add a provider; its client secret is read from standard input") { name, organization, label, issuer, client, domains, creates, trusts };
        command.RunsOnCore(async (arguments, services, cancellationToken) =>
        {
            var input = new ProviderInput
            {
                Name = arguments.GetValue(name)!,
                Label = arguments.GetValue(label) ?? arguments.GetValue(name)!,
                Issuer = arguments.GetValue(issuer)!,
                ClientId = arguments.GetValue(client)!,
                Secret = (await Console.In.ReadLineAsync(cancellationToken))?.Trim() ?? "",
                Domains = arguments.GetValue(domains) ?? [],
                CreatesPeople = arguments.GetValue(creates),
                IsTrustedForMfa = arguments.GetValue(trusts),
            };
            if (input.FindFaults(isNew: true, services.GetRequiredService<LoginOptions>()) is { Count: > 0 } faults)
            {
                return await CommandContext.FailAsync(faults);
            }

            var names = await NamesAsync(services, cancellationToken);
            var id = names.FirstOrDefault(pair => pair.Value == arguments.GetValue(organization)).Key ?? "";
            return await AnswerAsync(await services.GetRequiredService<IdentityProviders>().AddAsync(null, id, input.Name, input.ToChange(), cancellationToken));
        });
        return command;
    }

    private static Command Enforce(string verb, string description, bool isEnforced)
    {
        var name = Name;
        var command = new Command(verb, description) { name };
        command.RunsOnCore(async (arguments, services, cancellationToken) =>
        {
            var providers = services.GetRequiredService<IdentityProviders>();
            var found = await providers.FindAsync(arguments.GetValue(name)!, cancellationToken);
            return await AnswerAsync(found is null
                ? MembershipVerdict.NotFound
                : await providers.EnforceAsync(null, found.OrganizationId, found.Name, isEnforced, cancellationToken));
        });
        return command;
    }

    private static Command Remove()
    {
        var name = Name;
        var command = new Command("remove", "Remove a provider, which ends the sessions of who came from there") { name };
        command.RunsOnCore(async (arguments, services, cancellationToken) =>
        {
            var providers = services.GetRequiredService<IdentityProviders>();
            var found = await providers.FindAsync(arguments.GetValue(name)!, cancellationToken);
            return await AnswerAsync(found is null
                ? MembershipVerdict.NotFound
                : await providers.RemoveAsync(null, found.OrganizationId, found.Name, cancellationToken));
        });
        return command;
    }

    private static Command Unlink()
    {
        var email = new Argument<string>("email") { Description = "E-mail address of the account" };
        var command = new Command("unlink", "Forget who an account is at its provider, where it has got another identity for the same person") { email };
        command.RunsOnCore(async (arguments, services, cancellationToken) =>
        {
            if (await services.GetRequiredService<AccountService>().FindAsync(arguments.GetValue(email)!) is not { } user)
            {
                return await CommandContext.FailAsync($"There is no account for '{arguments.GetValue(email)}'; 'postern-server user list' shows them all.");
            }

            var links = await services.GetRequiredService<SsoDomains>().UnlinkAsync(user.Id, cancellationToken);
            await Console.Out.WriteLineAsync($"{user.Email} is linked anew at the next sign-in ({links} links removed).");
            return 0;
        });
        return command;
    }

    private static async Task<Dictionary<string, string>> NamesAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        await using var context = await services.GetRequiredService<IDbContextFactory<DirectoryContext>>().CreateDbContextAsync(cancellationToken);
        return await context.Organizations.AsNoTracking().ToDictionaryAsync(o => o.Id, o => o.Name, StringComparer.Ordinal, cancellationToken);
    }

    private static async Task<int> AnswerAsync(MembershipVerdict verdict) => verdict switch
    {
        MembershipVerdict.Allowed => 0,
        MembershipVerdict.NameTaken => await CommandContext.FailAsync("There is a provider of that name already; names are unique on this server."),
        MembershipVerdict.TooMany => await CommandContext.FailAsync($"An organization may have {IdentityProviders.MaximumPerOrganization} providers."),
        MembershipVerdict.DomainNotAssigned => await CommandContext.FailAsync("A domain is not the organization's; 'postern-server sso domain add' says so first."),
        MembershipVerdict.DomainTaken => await CommandContext.FailAsync("Another provider of the organization has a domain already."),
        MembershipVerdict.NeverUsed => await CommandContext.FailAsync("Nobody has signed in there yet, so nobody knows that it works."),
        _ => await CommandContext.FailAsync("There is no such organization or provider; 'postern-server sso list' shows the providers."),
    };
}
